// Package dev is the loop of `aion-node dev`: it packs and deploys a project on every save, and
// tells what happens to its runs.
//
// It decides when a project has changed and is worth packing, and what a person at a terminal wants
// to hear of a node. It is a caller of that node like any other: it deploys and asks over HTTP, and
// never changes a run or takes a version away. Running the node is not its business.
//
// Begin with loop.go, then files.go (has the project changed?), deploy.go and runs.go.
package dev
