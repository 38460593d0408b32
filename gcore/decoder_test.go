package gcore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// keyProperties are the properties of a listed key, all of which are required.
var keyProperties = []string{"created_at", "fingerprint", "id", "name", "project_id", "public_key", "shared_in_project", "state"}

// jsonPieces are what mutate puts into JSON.
var jsonPieces = []string{
	`"`, `\`, `{`, `}`, `[`, `]`, `,`, `:`, ` `, "\t", "\n", "\v", "\x00", "\x7f", "\xff", "é", "\ufeff", "\u00a0", "\u2028",
	`\u0000`, `\u0069`, `\ud800`, `\ud83d\ude00`, `\"`, `\\`, `\/`, `\x`, `null`, `true`, `false`, `""`, `{}`, `[]`, `/**/`,
	`1`, `-0`, `01`, `1e2`, `1.0`, `-`, `9223372036854775807`, `9223372036854775808`, `"id"`, `"i\u0064"`, `"name":"x",`, `"ID":1,`,
	`,"x":{"a":[1,{"b":"]"}]}`, `,"x":[}`, `,"x":{]}`,
}

// TestTheDecoderAgreesWithEncodingJSON changes the JSON of a key at random. A key is accepted exactly if encoding/json accepts each
// of its properties, and it holds the same then.
func TestTheDecoderAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	rounds := uint64(15_000)
	if testing.Short() {
		rounds = 2_000
	}
	var body []byte
	keys := keysOver(t, wrapper(func(req *http.Request) (*http.Response, error) {
		return jsonResponse(req, http.StatusOK, string(body)), nil
	}))
	accepted := 0
	for seed := range rounds {
		body = mutate(rand.New(rand.NewPCG(seed, 5)), []byte(listedKey))
		want, valid := decodeByProperty(body)
		got, err := keys.Get(t.Context(), someID)
		require.Equal(t, valid, err == nil, "seed %d: accepted by encoding/json, and by the client: %v: %q", seed, err, body)
		if err == nil {
			accepted++
			require.Equal(t, want, *got, "seed %d: %q", seed, body)
		}
	}
	require.Greater(t, accepted, int(rounds)/20, "keys that were accepted")
	require.Less(t, accepted, int(rounds)/2, "keys that were accepted")
}

// mutate changes JSON at one to three places.
func mutate(dice *rand.Rand, text []byte) []byte {
	for range 1 + dice.IntN(3) {
		from := dice.IntN(len(text) + 1)
		to, piece := from, jsonPieces[dice.IntN(len(jsonPieces))]
		name := keyProperties[dice.IntN(len(keyProperties))]
		start := bytes.Index(text, []byte(`"`+name+`":`)) + 1
		kind := dice.IntN(7)
		if start == 0 { // an earlier change has hit the name
			kind = 0
		}
		switch kind {
		case 0: // insert the piece
		case 1: // take some bytes out
			to, piece = from+1+dice.IntN(6), ""
		case 2: // write the piece over other bytes
			to = from + len(piece)
		case 3: // replace the value of a property
			from = start + len(name+`":`)
			to = from + max(bytes.IndexByte(text[from:], ','), 0)
		case 4: // write a letter of a property's name as an escape
			from = start + dice.IntN(len(name))
			to, piece = from+1, fmt.Sprintf(`\u%04x`, text[from])
		case 5: // write a property's name in capitals
			from, to, piece = start, start+len(name), strings.ToUpper(name)
		case 6: // cut the end off, now and then
			if dice.IntN(10) > 0 {
				continue
			}
			to, piece = len(text), ""
		}
		text = slices.Replace(text, from, min(to, len(text)), []byte(piece)...)
	}
	return text
}

// decodeByProperty decodes a key by encoding/json, property by property, since that takes their names in any case and more than
// once. It reports whether the key is the one that the test asks for and as openapi.yaml says.
func decodeByProperty(body []byte) (key gcore.SSHKey, valid bool) {
	var properties map[string]json.RawMessage
	if json.Unmarshal(body, &properties) != nil {
		return key, false
	}
	times := timesGiven(body)
	fields := []any{
		&key.CreatedAt, &key.Fingerprint, &key.ID, &key.Name, &key.ProjectID, &key.PublicKey, &key.SharedInProject, &key.State,
	}
	for i, name := range keyProperties {
		value := string(properties[name])
		isNull := value == "null" && name != "created_at" && name != "project_id"
		if times[name] != 1 || isNull || value == `""` || json.Unmarshal([]byte(value), fields[i]) != nil {
			return key, false
		}
	}
	return key, strings.EqualFold(key.ID, someID) && (key.ProjectID == nil || *key.ProjectID == 1)
}

// timesGiven returns how often an object has each property.
func timesGiven(object []byte) map[string]int {
	times := map[string]int{}
	decoder := json.NewDecoder(bytes.NewReader(object))
	_, _ = decoder.Token() // the opening bracket
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil {
			break
		}
		times[fmt.Sprint(name)]++
	}
	return times
}

// TestValuesAreReadAsByEncodingJSON has values that the decoder reads itself, or almost.
func TestValuesAreReadAsByEncodingJSON(t *testing.T) {
	t.Parallel()
	rest := strings.TrimPrefix(listedKey, "{")
	for start, valid := range map[string]bool{
		`{"x": 1, `: true, `{"x": 01, `: false, `{"x": +1, `: false, `{"\x": 1, `: false, `{"x": [1,], `: false, `{"x": "\x", `: false,
	} {
		_, err := keysOver(t, canned{http.StatusOK, jsonHeader(""), []byte(start + rest)}).Get(t.Context(), someID)
		assert.Equal(t, valid, err == nil, "%s: %v", start, err)
	}
	for project, valid := range map[string]bool{
		"1": true, "10": false, "01": false, "+1": false, "1.0": false, "1e0": false, "-1": false, "9223372036854775808": false,
	} {
		body := strings.Replace(listedKey, `"project_id": 1`, `"project_id": `+project, 1)
		_, err := keysOver(t, canned{http.StatusOK, jsonHeader(""), []byte(body)}).Get(t.Context(), someID)
		assert.Equal(t, valid, err == nil, "%s: %v", project, err)
	}
	for name, want := range map[string]string{"k": "k", "a\x80": "a\ufffd", "\xc3\xa9": "é", `\u00e9\\`: `é\`} {
		body := strings.Replace(listedKey, `"name": "k"`, `"name": "`+name+`"`, 1)
		key, err := keysOver(t, canned{http.StatusOK, jsonHeader(""), []byte(body)}).Get(t.Context(), someID)
		require.NoError(t, err, name)
		assert.Equal(t, want, key.Name)
	}
}

// TestAnErrorListsTwentyProblems has a list of more broken items than that.
func TestAnErrorListsTwentyProblems(t *testing.T) {
	t.Parallel()
	for broken, want := range map[int]string{20: "results[19]: not a JSON object", 21: "and 1 more problems", 25: "and 5 more problems"} {
		body := `{"count": 0, "results": [` + strings.TrimSuffix(strings.Repeat("0,", broken), ",") + `]}`
		_, err := keysOver(t, canned{http.StatusOK, jsonHeader(""), []byte(body)}).List(t.Context(), gcore.ListSSHKeysParams{})
		wrong, ok := errors.AsType[*gcore.ResponseError](err)
		require.True(t, ok, "%v", err)
		assert.Len(t, wrong.Problems, min(broken, 21))
		assert.Equal(t, want, wrong.Problems[len(wrong.Problems)-1])
	}
}
