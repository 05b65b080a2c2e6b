// Package folder keeps a node's data folder: whose it is, that nobody else uses or reads it, and
// how much room its disk has.
//
// It decides which node a folder belongs to, whether this process may use it, when its disk counts
// as full, and that a condemned state is never used again. It never decides what a node does on a
// full disk or why a state is wrong, and touches nothing inside the folders of the stores.
//
// Begin with identity.go; disk.go is about room.
package folder
