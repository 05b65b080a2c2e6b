package blobs

import (
	"cmp"
	"slices"
)

// Peer is a member of the current configuration.
type Peer struct {
	ID      string
	Address string // of the node port
	Voter   bool
}

// others returns the members except self, voters first, each group ordered by id.
func others(self string, members []Peer) []Peer {
	members = slices.DeleteFunc(slices.Clone(members), func(p Peer) bool { return p.ID == self })
	slices.SortFunc(members, func(a, b Peer) int {
		if a.Voter != b.Voter {
			if a.Voter {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return members
}
