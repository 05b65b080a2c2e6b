package cluster

import "testing"

func TestDecideOnLeadership(t *testing.T) {
	for _, c := range []struct {
		name string
		s    standing
		want action
	}{
		{"never won", standing{}, stay},
		{"won", standing{leading: true, wins: 1}, startDuties},
		{"won and serving", standing{leading: true, wins: 1, serving: 1}, stay},
		{"lost while serving", standing{wins: 1, serving: 1}, endDuties},
		{"lost before serving began", standing{wins: 1}, stay},
		{"lost and won again between two looks", standing{leading: true, wins: 2, serving: 1}, endDuties},
		{"then the new win", standing{leading: true, wins: 2}, startDuties},
		{"lost, won and lost again", standing{wins: 2, serving: 1}, endDuties},
		{"closing while serving", standing{leading: true, wins: 1, serving: 1, closing: true}, endDuties},
		{"an interlude while serving", standing{leading: true, wins: 1, serving: 1, between: true}, endDuties},
		{"then the interlude", standing{leading: true, wins: 1, between: true}, runBetween},
		{"an interlude of a leader that has lost", standing{wins: 1, between: true}, runBetween},
		{"an interlude while closing", standing{leading: true, wins: 1, between: true, closing: true}, runBetween},
		{"won while closing", standing{leading: true, wins: 1, closing: true}, stay},
	} {
		if got := decide(c.s); got != c.want {
			t.Errorf("%s: decided %d, want %d", c.name, got, c.want)
		}
	}
}
