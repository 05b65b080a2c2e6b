// Package folder manages a node's data folder: which node it belongs to, that no other process uses
// it and no other user reads it, and how much room its disk has.
//
// It decides which node a folder belongs to, whether this process may use it, when its disk counts
// as full, and that a condemned state is never used again. It never decides what a node does on a
// full disk or why a state is wrong, and it touches nothing inside the folders of the stores.
//
// Begin with identity.go; disk.go measures room.
package folder
