package contract

import "net/http"

func (v *Validator) Operation(r *http.Request) (id string, pathParams map[string]string) {
	op, segments, unknown := v.operation(r)
	if unknown != nil {
		return "", nil
	}
	found, _ := v.route(r.URL)
	pathParams = map[string]string{}
	for i, s := range found.segments {
		if s.parameter != "" {
			pathParams[s.parameter] = segments[i]
		}
	}
	return op.id, pathParams
}
