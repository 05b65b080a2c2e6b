// Package client calls a cluster over HTTP. It is what the CLI is made of, and the Go SDK for
// starting and watching runs.
//
// It decides how a call is repeated: every mutation carries a request id, its own (marked
// short-lived) if the caller gave none, so that repeating it after a broken connection, a lost
// leader or an unknown outcome has at most one effect; see retry.go. It never repeats a call that
// was refused, never follows a redirect and keeps no state but which address answered last. A
// Client may be used by many goroutines.
//
// Errors are *wire.Problem (errors.As): Code says what, Outcome whether it happened. When no node
// could be reached at all the code is unavailable, and outcome_unknown for a mutation that may have
// arrived; the fact request_id is the key to repeat it with.
//
// Begin with Client, then deploy.go, run.go and task.go; watch.go holds the calls that go on.
package client
