// Package vet compiles a new package where a crash hurts nobody: in a child process with a limit on
// memory, time and output.
//
// It decides whether compiling and initialising a package's code survives at all. The engine
// compiles it again in its own process afterwards, and every node does so on every start; what
// kills a compiler would otherwise kill every node of the cluster, again and again. It never
// decides whether a package may be loaded, and believes nothing that a child which did not end in
// order has said.
//
// Begin with Checker (the parent), then Child. One child is always started before it is needed:
// see waiting.go.
package vet
