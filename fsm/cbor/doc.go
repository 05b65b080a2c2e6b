// Package cbor writes and reads the bytes of what is stored and logged: CBOR with integer keys, in
// one way only (RFC 8949 core deterministic encoding).
//
// The library decides what the bytes are, and what is accepted. Of a pointer to a struct this
// package writes the same bytes, and reads the bytes that it writes, by a plan of the struct's
// fields that is made once: the library looks every field up by reflection, every time. Whatever a
// plan does not know (types, bytes) goes through the library, so that there is one authority for
// what an error is. Tests of package fsm hold both against each other, for every type of ours.
//
// Begin with plan.go.
package cbor
