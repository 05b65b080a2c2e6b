// Package bugs holds the planted bugs, each as a patch of the product named after it, and makes the
// build that has them all: it copies the product's files, changes the copies, and `go build
// -overlay` uses the copies instead. A process of that build chooses its bug when it starts
// (jepsen/gate/seeded).
//
// It decides where a change belongs, and refuses to guess: the lines that a patch shows must occur
// exactly once in the file, whatever their numbers, and no two patches may remove the same line.
// jepsen/gate/bugs.go says what a bug is meant to break and which runs must notice it. A patch is
// an ordinary one: `git apply jepsen/gate/bugs/twice-open.patch` shows a bug in place.
package bugs
