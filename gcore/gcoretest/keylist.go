package gcoretest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest/internal/server"
)

// keyList is a server.ListSSHKeys200JSONResponse that is encoded while it is sent: a page can take megabytes, and a client can
// read it slowly.
type keyList struct {
	count int64
	page  []*server.SSHKey
}

// maxPiece is about how many bytes of a response are held while its client reads slowly.
const maxPiece = 4 << 10

func (l keyList) VisitListSSHKeysResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	var text bytes.Buffer
	text.Grow(min(512*len(l.page), maxPiece) + 512)
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // which would make six bytes of one
	text.WriteString(`{"count":` + strconv.FormatInt(l.count, 10) + `,"results":[`)
	for i, key := range l.page {
		if i > 0 {
			text.WriteByte(',')
		}
		_ = encoder.Encode(key)       // it has nothing that JSON cannot hold
		text.Truncate(text.Len() - 1) // the newline
		if text.Len() >= maxPiece {
			if _, err := text.WriteTo(w); err != nil {
				return nil //nolint:nilerr // the client has left
			}
		}
	}
	text.WriteString("]}\n")
	_, _ = text.WriteTo(w)
	return nil
}
