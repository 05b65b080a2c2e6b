// Package nodeid defines which ids a node may have.
//
// It decides whether a string can be a node id. It never generates one, and never decides whose it
// is. Begin with Valid.
package nodeid

import "regexp"

// ids are safe in file names, addresses and logs.
var ids = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// Valid reports whether id can be the id of a node.
func Valid(id string) bool { return ids.MatchString(id) }
