package contract

// NewFromDocument is NewFrom for a string.
func NewFromDocument(document string) (*Validator, error) { return NewFrom([]byte(document)) }

// MaxBody is how much of a body is read.
const MaxBody = maxBody

// Number is the value that a JSON number is checked as.
var Number = number

// Decode returns the value of valid JSON.
func Decode(data []byte) any {
	d := decoder{data: string(data)}
	return d.value()
}
