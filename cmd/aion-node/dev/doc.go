// Package dev is the loop of `aion-node dev`: it packs and deploys a project on every save, and
// reports what happens to its runs.
//
// It decides when a project has changed and should be packed, and which events of a node a person
// at a terminal wants to see. To the node it is an ordinary caller: it deploys and reads over HTTP,
// and never changes a run or removes a version. It does not run the node.
//
// Begin with loop.go, then files.go (has the project changed?), deploy.go and runs.go.
package dev
