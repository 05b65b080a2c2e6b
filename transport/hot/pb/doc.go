// Package pb has the messages of the hot face, made from hot.proto by `make proto`: the file is the
// protocol, for clients in any language.
//
// It decides nothing. What calls mean is in docs/API.md, how they travel in package hot.
//
// Begin with hot.proto.
package pb
