// Package desk is where polls of workers meet tasks: it tells which poll asks for how many, and
// when.
//
// It decides the order in which polls are served, and how much each asks for, from what the state
// offers and what is asked for already. It gives nothing out: a lease is decided when its entry is
// applied, and the engine proposes it. It holds nothing but polls, for one term of a leader, and
// knows no engine: how to read the state and the log's clock is handed in.
//
// Begin with desk.go, then line.go: how one queue is served.
package desk
