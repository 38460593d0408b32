package contract

import (
	"github.com/getkin/kin-openapi/openapi3"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/limit"
)

// NewFromDocument is NewFrom for a string.
func NewFromDocument(document string) (*Validator, error) { return NewFrom([]byte(document)) }

// NewGcores is New for another document: its credentials have Gcore's shape.
func NewGcores(document string) (*Validator, error) { return newValidator([]byte(document), true) }

// MaxBody is how much of a body is read.
const MaxBody = limit.Body

// Number is the value that a JSON number is checked as.
var Number = number

// Decode returns the value of valid JSON.
func Decode(data []byte) any {
	d := decoder{data: string(data)}
	return d.value()
}

// CheckValue returns what is wrong with a value of a schema, its format too.
func CheckValue(schema *openapi3.Schema, value any) error {
	return schema.VisitJSON(value, responseOptions...)
}
