// Package bugs holds the planted bugs, each as a patch of the product named after it, and makes the
// build that has them all: the product's files are copied, the copies changed, and `go build
// -overlay` takes the copies in their place. Which bug a process of that build has is decided when
// it starts (jepsen/gate/seeded).
//
// It decides where a change belongs, and refuses to guess: the lines that a patch shows must occur
// exactly once in the file, whatever their numbers, and no two patches may take the same line away.
// What a bug is meant to break, and which runs must notice, is in jepsen/gate/bugs.go. A patch is
// an ordinary one: `git apply jepsen/gate/bugs/twice-open.patch` shows a bug in place.
package bugs
