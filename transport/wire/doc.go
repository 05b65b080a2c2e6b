// Package wire says what crosses the network: requests, answers, headers, and the one table of
// errors.
//
// It decides the JSON names and the HTTP status, title, outcome and hint of every error code, in
// both directions: Of turns an error of the server into a Problem, ParseProblem turns an answer
// back into one. It never talks to anything and knows no other package of ours: refusals reach the
// table through their Code and Facts methods.
//
// Begin with table.go (what can go wrong), then deploy.go and run.go (what is asked and answered).
package wire
