// Package nodeid says what a node may be called.
//
// It decides whether an id can be one. It never makes one, and never says whose it is. Begin
// with Valid.
package nodeid

import "regexp"

// ids are safe in file names, addresses and logs.
var ids = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// Valid reports whether id can be the id of a node.
func Valid(id string) bool { return ids.MatchString(id) }
