package desk

import (
	"container/list"
	"testing"
)

// TestStandsWhereItStood: a poll that comes back empty-handed is behind those that came before it,
// and ahead of all others.
func TestStandsWhereItStood(t *testing.T) {
	l := newLine("q")
	polls := make([]*Poll, 4)
	for i := range polls {
		polls[i] = &Poll{number: uint64(i)}
		l.addPoll(polls[i], []string{"a", "b"})
	}
	order := func() (numbers []uint64) {
		for at := polls[0].rank.polls.Front(); at != nil; at = at.Next() {
			numbers = append(numbers, at.Value.(*Poll).number)
		}
		return numbers
	}
	for _, p := range []*Poll{polls[0], polls[2], polls[2]} { // removing a poll that is not there does nothing
		l.removeFromRank(p)
	}
	if got := order(); len(got) != 2 || got[0] != 1 || got[1] != 3 || l.waiting != 2 {
		t.Errorf("got %v, %d wait", got, l.waiting)
	}
	l.addToRank(polls[2])
	l.addToRank(polls[0])
	for i, number := range order() {
		if number != uint64(i) {
			t.Errorf("got %v", order())
		}
	}
	if len(l.ranks) != 1 || l.waiting != 4 {
		t.Errorf("%d ranks, %d wait", len(l.ranks), l.waiting)
	}
	l.removeFromRank(polls[1]) // as if it had a grant
	for _, p := range polls {
		if len(l.ranks) != 1 {
			t.Error("the rank went before its last poll")
		}
		l.removePoll(p)
	}
	if len(l.ranks) != 0 || l.waiting != 0 || polls[1].place != (*list.Element)(nil) {
		t.Errorf("%d ranks, %d wait", len(l.ranks), l.waiting)
	}
}
