// Package schema checks whether a value fits a JSON Schema, at a cost that is known before it is
// spent.
//
// It decides which schemas a package may contain, and where and why a value does not fit one. A
// check ends within a budget, whatever the schema and the value: this package charges for work that
// the JSON Schema library would do for free. It does not know the engine or the state, and fetches
// nothing that a schema refers to. No other package uses the library.
//
// Begin with schema.go, then validator.go and price.go: why each subschema has a price.
package schema
