// Package vet compiles a new package where a crash hurts nobody: in a child process with limits on
// memory, time and output.
//
// It decides whether compiling and initialising a package's code survives at all. Afterwards the
// engine compiles the package again in its own process, and so does every node on every start: a
// package that kills the compiler would otherwise repeatedly kill every node of the cluster. It
// never decides whether a package may be loaded, and ignores the output of a child that did not end
// properly.
//
// Begin with Checker (the parent), then Child. One child is always started before it is needed:
// see waiting.go.
package vet
