package main

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// factSet says what a document promises on the wire: from the place, such as
// "GET /cloud/v1/ssh_keys/{project_id} > query parameter limit > default", to what is said there, "10".
type factSet map[string]string

// deeper joins the steps of a place.
const deeper = " > "

var (
	placeholder = regexp.MustCompile(`\{[^}]*\}`)
	methods     = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}
)

// facts returns what a document says about its operations, and their paths by shape, which is the path
// without the names of its parameters, since those mean nothing on the wire. If ours is given, it has the
// paths of openapi.yaml: then only these count, under the names they have there, and what else there is
// of SSH keys.
func facts(data []byte, ours map[string]string) (factSet, map[string]string, error) {
	doc, err := parse(data)
	if err != nil {
		return nil, nil, err
	}
	found, shapes := factSet{}, map[string]string{}
	for path, value := range as[object](doc.root["paths"]) {
		shape := placeholder.ReplaceAllString(path, "{}")
		name, known := ours[shape]
		if ours != nil && !known && !slices.Contains(strings.Split(path, "/"), "ssh_keys") {
			continue
		}
		if !known {
			name = path
		}
		shapes[shape] = name
		item, _, err := doc.resolve(value)
		if err != nil {
			found[name] = "unreadable: " + err.Error()
			continue
		}
		for _, method := range methods {
			if operation, ok := item[method].(object); ok {
				o := operationReader{doc, found, strings.ToUpper(method) + " " + name, renamed(path, name)}
				o.read(operation, item)
			}
		}
	}
	if len(found) == 0 {
		return nil, nil, errors.New("it has no operation of openapi.yaml; is it the description of Gcore's Cloud API?")
	}
	return found, shapes, nil
}

// renamed maps the parameter names of one path to those at the same place of another.
func renamed(path, name string) map[string]string {
	from, to := placeholder.FindAllString(path, -1), placeholder.FindAllString(name, -1)
	names := map[string]string{}
	for i := range from {
		names[strings.Trim(from[i], "{}")] = strings.Trim(to[i], "{}")
	}
	return names
}

// operationReader collects the facts of one operation.
type operationReader struct {
	doc       document
	found     factSet
	place     string
	pathNames map[string]string
}

func (o operationReader) read(operation, item object) {
	o.found[o.place] = "described"
	if operation["deprecated"] == true {
		o.found[o.place+deeper+"deprecated"] = "true"
	}
	o.found[o.place+deeper+"security"] = o.security(first(operation["security"], o.doc.root["security"]))
	o.found[o.place+deeper+"servers"] = servers(first(operation["servers"], item["servers"], o.doc.root["servers"]))

	// An operation's parameters come last: they replace the path's of the same name.
	for _, parameters := range []any{item["parameters"], operation["parameters"]} {
		for _, parameter := range as[list](parameters) {
			o.parameter(parameter)
		}
	}
	if value, ok := operation["requestBody"]; ok {
		o.carrier(o.place+deeper+"request body", value)
	}
	for status, response := range as[object](operation["responses"]) {
		place := o.place + deeper + "response " + strings.ToUpper(status)
		o.carrier(place, response)
		if o.found[place] == "optional" {
			o.found[place] = "described" // A response is neither required nor optional.
		}
	}
}

func (o operationReader) parameter(value any) {
	parameter, _, err := o.doc.resolve(value)
	if err != nil {
		o.found[o.place+deeper+"a parameter"] = "unreadable: " + err.Error()
		return
	}
	in, name := as[string](parameter["in"]), as[string](parameter["name"])
	if ours, ok := o.pathNames[name]; ok && in == "path" {
		name = ours
	}
	if in == "header" {
		name = strings.ToLower(name)
	}
	place := o.place + deeper + in + " parameter " + name
	o.forget(place)
	o.carrier(place, parameter)
	style := map[string]string{"path": "simple", "header": "simple", "query": "form", "cookie": "form"}[in]
	if said := as[string](parameter["style"]); said != "" && said != style {
		style = said
		o.found[place+deeper+"style"] = said
	}
	if explode, ok := parameter["explode"].(bool); ok && explode != (style == "form") {
		o.found[place+deeper+"explode"] = text(explode)
	}
}

// carrier reads what holds a schema or content: a parameter, a request body, a response, a header.
func (o operationReader) carrier(place string, value any) {
	node, _, err := o.doc.resolve(value)
	if err != nil {
		o.found[place] = "unreadable: " + err.Error()
		return
	}
	o.found[place] = "optional"
	if node["required"] == true {
		o.found[place] = "required"
	}
	if node["deprecated"] == true {
		o.found[place+deeper+"deprecated"] = "true"
	}
	if schema, ok := node["schema"]; ok {
		o.doc.schema(o.found, place, schema, nil)
	}
	for mediaType, media := range as[object](node["content"]) {
		inside := place + deeper + mediaType
		o.found[inside] = "described"
		if schema, ok := as[object](media)["schema"]; ok {
			o.doc.schema(o.found, inside, schema, nil)
		}
	}
	for name, header := range as[object](node["headers"]) {
		o.carrier(place+deeper+"header "+strings.ToLower(name), header)
	}
}

// forget takes back the facts at a place and below.
func (o operationReader) forget(place string) {
	maps.DeleteFunc(o.found, func(key, _ string) bool {
		return key == place || strings.HasPrefix(key, place+deeper)
	})
}

// security writes the ways to authenticate in words, without the names the document gives them.
func (o operationReader) security(value any) string {
	var ways []string
	for _, way := range as[list](value) {
		var together []string
		for name := range as[object](way) {
			scheme, _, err := o.doc.resolve(object{"$ref": "#/components/securitySchemes/" + name})
			words := []string{as[string](scheme["type"]), as[string](scheme["in"]), as[string](scheme["name"]), as[string](scheme["scheme"])}
			if err != nil {
				words = []string{"unreadable:", err.Error()}
			}
			together = append(together, strings.ToLower(strings.Join(strings.Fields(strings.Join(words, " ")), " ")))
		}
		slices.Sort(together)
		ways = append(ways, strings.Join(together, " and "))
	}
	return anyOf(ways)
}

func servers(value any) string {
	var urls []string
	for _, server := range as[list](value) {
		urls = append(urls, strings.TrimSuffix(as[string](as[object](server)["url"]), "/"))
	}
	return anyOf(urls)
}

// anyOf joins words whose order means nothing.
func anyOf(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	slices.Sort(words)
	return strings.Join(words, " or ")
}

// first returns the first value that is there.
func first(values ...any) any {
	for _, value := range values {
		if value != nil {
			return value
		}
	}
	return nil
}
