// Package wire defines what crosses the network: requests, answers, headers, and the one table of
// errors.
//
// It decides the JSON names and the HTTP status, title, outcome and hint of every error code, in
// both directions: Of converts an error of the server into a Problem, and ParseProblem converts an
// answer back into one. It does no I/O and imports no other package of ours: refusals reach the
// table through their Code and Facts methods.
//
// Begin with table.go (what can go wrong), then deploy.go and run.go (requests and answers).
package wire
