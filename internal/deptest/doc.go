// Package deptest enforces the rules of the house in go test: which package may import which, what
// the state machine must not call, and that every package documents its purpose. It decides nothing
// at run time and nobody imports it.
//
// Begin with rooms_test.go: a new package, or a new import between packages, is one line there,
// with its reason.
package deptest
