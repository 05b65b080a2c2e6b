package cluster

import (
	"slices"
	"time"
)

// offset is how far a clock is ahead of this node's, and by how much that may be wrong.
type offset struct{ by, error time.Duration }

// clockVerdict is what the voters' clocks say about this node's.
type clockVerdict int

const (
	clockUnknown clockVerdict = iota // less than a majority has been heard
	clockSplit                       // a majority has been heard, but no majority agrees
	clockRight                       // a majority agrees, and this node's clock with it
	clockWrong                       // a majority agrees, and this node's clock differs
)

func (v clockVerdict) String() string {
	return [...]string{"unknown", "split", "right", "wrong"}[v]
}

// judgement is the verdict with what it follows from.
type judgement struct {
	verdict clockVerdict
	alone   bool                     // this node is the only voter
	heard   int                      // voters whose clock is known, this node included if it votes
	median  time.Duration            // of their clocks, relative to this node's; 0 while none has a majority
	ahead   map[string]time.Duration // how far each known clock is ahead of this node's, its own included
	wrong   map[string]bool          // the clocks that certainly differ from a majority's
}

// skew returns how far a node's clock is ahead of the voters' median.
func (j judgement) skew(node string) time.Duration { return j.ahead[node] - j.median }

// judgeClock takes the median of the voters' clocks, this node's included if it votes, and counts
// the voters that are within bound of it. If they are a majority, the clocks of the others are
// wrong. If not, nobody can tell whose are: of two nodes, for instance, that differ.
//
// So whenever a node is wrong a majority of others is right, and can elect a leader among itself.
func judgeClock(voters []string, self string, ahead map[string]offset, bound time.Duration) judgement {
	j := judgement{alone: len(voters) == 1 && voters[0] == self, ahead: map[string]time.Duration{self: 0}, wrong: map[string]bool{}}
	for id, o := range ahead {
		if id != self {
			j.ahead[id] = o.by
		}
	}
	var known []offset
	slack := bound // what is not certainly more than bound counts as within it
	for _, id := range voters {
		switch o, ok := ahead[id]; {
		case id == self:
			known = append(known, offset{})
		case ok:
			known = append(known, o)
			slack = max(slack, bound+o.error)
		}
	}
	j.heard = len(known)
	if 2*j.heard <= len(voters) {
		return j
	}
	slices.SortFunc(known, func(a, b offset) int { return int(min(max(a.by-b.by, -1), 1)) })
	low, high := known[(j.heard-1)/2].by, known[j.heard/2].by
	median := low/2 + high/2
	near := 0
	for _, o := range known {
		if (o.by - median).Abs() <= slack {
			near++
		}
	}
	if 2*near <= len(voters) {
		j.verdict = clockSplit
		return j
	}
	j.verdict, j.median = clockRight, median
	for id, by := range j.ahead {
		if (by - median).Abs() > slack {
			j.wrong[id] = true
		}
	}
	if j.wrong[self] {
		j.verdict = clockWrong
	}
	return j
}
