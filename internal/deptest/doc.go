// Package deptest keeps the rules of the house inside go test: who may import whom, what the state
// machine may not call, and that every package says what it is for. It decides nothing at run time
// and is imported by nobody.
//
// Begin with rooms_test.go: a new package, or a new import between packages, is one line there,
// with its reason.
package deptest
