// Package schema says whether a value fits a JSON Schema, at a price that is known before it is
// paid.
//
// It decides which schemas a package may bring, and where and why a value does not fit one. A check
// ends within a budget, whatever the schema and the value: what the JSON Schema library would do
// for free is paid for here. The package knows no engine and no state, and fetches nothing that a
// schema refers to. Nobody else knows the library.
//
// Begin with schema.go, then validator.go and price.go: why each subschema has a price.
package schema
