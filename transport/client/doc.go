// Package client calls a cluster: over HTTP, and over its hot face what programs call most, where a
// node has it (hot.go). The CLI uses it, and it is the Go SDK for starting and watching runs.
//
// It decides how a call is retried. Every mutation carries a request id; if the caller gave none,
// the client generates one, marked short-lived. So repeating a call after a broken connection, a
// lost leader or an unknown outcome has at most one effect; see retry.go. The client never repeats
// a refused call, never follows a redirect, and its only state is which address answered last,
// and the streams to hot faces. A Client may be used by many goroutines.
//
// Errors are *wire.Problem (errors.As): Code says what went wrong, Outcome whether the call took
// effect. If no node could be reached, the code is unavailable, or outcome_unknown for a mutation
// that may have arrived; then the fact request_id is the key with which to repeat it.
//
// Begin with Client, then deploy.go, run.go and task.go; watch.go has the calls that stream.
package client
