package contract

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// kin-openapi passes a value whose format it does not know, uuid4 among them, so every format is
// checked here, and a document with another one is refused. These checks belong to each call: the
// library's own registry is global, and others could change it.

var errFormat = errors.New("not of this format")

var stringFormats = map[string]openapi3.StringFormatValidator{
	"uuid":  pattern(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`),
	"uuid4": pattern(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$`),
	// RFC 3339 in capitals, and a time that time.Time can read: it accepts 7:05, a decimal comma and an
	// offset of a day too, and refuses leap seconds.
	"date-time": openapi3.NewCallbackValidator(func(s string) error {
		if err := dateTime.Validate(s); err != nil {
			return err
		}
		return new(time.Time).UnmarshalText([]byte(s))
	}),
	"date": openapi3.NewCallbackValidator(func(s string) error {
		_, err := time.Parse(time.DateOnly, s)
		return err
	}),
}

var dateTime = pattern(openapi3.FormatOfStringDateTime)

var integerFormats = map[string]openapi3.IntegerFormatValidator{
	"int32": openapi3.NewRangeFormatValidator[int64](math.MinInt32, math.MaxInt32),
	// kin-openapi refuses what does not fit an int64 before it calls this.
	"int64": openapi3.NewRangeFormatValidator[int64](math.MinInt64, math.MaxInt64),
}

func pattern(expression string) openapi3.StringFormatValidator {
	re := regexp.MustCompile(expression)
	return openapi3.NewCallbackValidator(func(s string) error {
		if !re.MatchString(s) {
			return errFormat
		}
		return nil
	})
}

// checkable refuses a schema whose format would go unchecked. It is an openapi3.WalkSchemasFunc.
func checkable(pointer string, ref *openapi3.SchemaRef) error {
	schema := ref.Value
	var known bool
	switch {
	case schema.Format == "":
		return nil
	case schema.Type.Is(openapi3.TypeString):
		_, known = stringFormats[schema.Format]
	case schema.Type.Is(openapi3.TypeInteger):
		_, known = integerFormats[schema.Format]
	}
	if !known {
		return fmt.Errorf("contract: %s: the format %s has no check for this type: add one to contract/format.go", pointer, schema.Format)
	}
	return nil
}
