// Package jwt decides whether a bearer token is a JWT of an issuer that the node's settings name,
// who its subject is, and which grants its claims stand for.
//
// It accepts asymmetric signatures alone, by keys of one JWK set, which it reads again in time and
// when a token names a key that is not among them, within a bounded size, time and rate. Every
// refusal says which rule the token breaks. It keeps no token, and knows nothing of calls.
//
// Begin with Verifier. docs/ACCESS.md tells people about it.
package jwt
