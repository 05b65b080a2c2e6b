// Package signature decides whether a key has signed a version: what is signed, how keys and
// signatures are written, and which signatures count.
//
// The replicated state machine asks it while it applies an entry, so the verdict follows from
// the bytes alone and never changes: ed25519 without cofactor, as in the standard library,
// behind rules of our own for everything in which implementations differ (strict.go). Whose
// keys are trusted is decided in package fsm, where private keys are kept in cmd/aion-node.
//
// Begin with Message and Signature.Verify. docs/SIGNATURES.md spells out the bytes.
package signature
