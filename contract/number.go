package contract

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// number returns a JSON number as the float64 that kin-openapi works with. Where rounding would turn
// a fraction into an integer, or 2^63 into the largest int64, it returns the float64 next to it, so
// that the schema refuses it like the number itself. A number that no float64 can hold becomes
// unreadable; so does one of more than 1,000 digits, which would take long to read exactly.
func number(text string) any {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || len(text) > 1000 {
		return unreadable
	}
	switch {
	case f != math.Trunc(f) || len(text) < 16 && isInteger(text):
		return f
	case f == 0:
		if digits, _, _ := strings.Cut(strings.ToLower(text), "e"); strings.ContainsAny(digits, "123456789") {
			return math.Copysign(math.SmallestNonzeroFloat64, f)
		}
		return f
	}
	exact, _, err := big.ParseFloat(text, 10, 1024, big.ToZero)
	if err != nil {
		return unreadable
	}
	rounded := exact.Cmp(big.NewFloat(f))
	if rounded == 0 && f == 1<<63 {
		rounded = 1 // not an int64, but float64 knows no larger one below it
	}
	if rounded == 0 {
		return f
	}
	return math.Nextafter(f, math.Inf(rounded))
}

// unreadable stands for a number that cannot be read. kin-openapi says that its type is wrong.
const unreadable = json.Number("1e999")

// isNumber reports whether text is a JSON number and nothing else.
func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "+-.0123456789eE") == "" && json.Valid([]byte(text))
}

// isInteger reports whether text is a JSON number without fraction and exponent.
func isInteger(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits == "0" || digits != "" && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}
