// Package rows says what the state machine stores: every key, and the bytes of every row.
//
// It decides which families of keys there are, how a key is spelled so that rows lie in the order
// in which they are wanted, what a row holds, and how it is written and read. docs/STATE.md lists
// the same for those who read no Go; golden files of package fsm freeze it. What follows from one
// row alone stands beside its type: when a task's clock fires, how many attempts a queue's limits
// let begin.
//
// It knows no database and no entry: it reads and writes nothing, and never decides when a row
// comes, changes or goes. Answers and refusals are remembered as bytes; package fsm knows what they
// say.
//
// Begin with family.go, which lists all families, then key.go.
package rows
