package cluster

import (
	"slices"
	"time"
)

// offset is how far another clock is ahead of this node's, with its margin of error.
type offset struct{ by, error time.Duration }

// clockVerdict is the result of comparing this node's clock with the voters' clocks.
type clockVerdict int

const (
	clockUnknown clockVerdict = iota // fewer than a majority of the clocks are known
	clockSplit                       // a majority is known, but no majority agrees
	clockRight                       // a majority agrees, and this node's clock agrees with it
	clockWrong                       // a majority agrees, and this node's clock differs from it
)

func (v clockVerdict) String() string {
	return [...]string{"unknown", "split", "right", "wrong"}[v]
}

// judgement is the verdict together with the evidence for it.
type judgement struct {
	verdict clockVerdict
	alone   bool // this node is the only voter
	heard   int  // voters whose clock is known, including this node if it votes
	// median of the known clocks, relative to this node's; 0 while no majority agrees
	median time.Duration
	ahead  map[string]time.Duration // how far each known clock is ahead of this node's, including its own
	wrong  map[string]bool          // the clocks that certainly differ from a majority's
}

// skew returns how far a node's clock is ahead of the voters' median.
func (j judgement) skew(node string) time.Duration { return j.ahead[node] - j.median }

// judgeClock takes the median of the voters' clocks, including this node's if it votes, and counts
// the voters within bound of the median. If those are a majority, the other clocks are wrong.
// Otherwise nobody can tell which are wrong: two nodes that differ are the simplest case.
//
// So whenever a node is judged wrong, a majority of the others is right and can elect a leader.
func judgeClock(voters []string, self string, ahead map[string]offset, bound time.Duration) judgement {
	j := judgement{alone: len(voters) == 1 && voters[0] == self, ahead: map[string]time.Duration{self: 0}, wrong: map[string]bool{}}
	for id, o := range ahead {
		if id != self {
			j.ahead[id] = o.by
		}
	}
	var known []offset
	slack := bound // a clock is wrong only if it certainly differs by more than bound
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
