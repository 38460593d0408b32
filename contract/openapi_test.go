package contract_test

import "os"

// openAPI is openapi.yaml. These tests do not import the root package, whose tools.go imports the generator: go mod tidy records
// what the tests of a package need in the go.sum of its importers, too.
var openAPI = readFile("../openapi.yaml")

func readFile(name string) string {
	data, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(data)
}
