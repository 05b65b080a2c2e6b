package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestPolled: a poll counts for an hour, a term begins anew, and names are bounded.
func TestPolled(t *testing.T) {
	var p polled
	now := time.Unix(1_700_000_000, 0)
	p.note([]string{"charge"}, now) // before the node leads: nothing is kept
	p.begin(now)
	if got, since := p.missing([]string{"charge", "ship"}, now); !slices.Equal(got, []string{"charge", "ship"}) || !since.Equal(now) {
		t.Errorf("at first %v are missing since %v", got, since)
	}
	p.note([]string{"charge"}, now)
	p.note([]string{"ship", "charge"}, now.Add(30*time.Minute))
	if got, _ := p.missing([]string{"charge", "ship", "pack"}, now.Add(90*time.Minute)); !slices.Equal(got, []string{"pack"}) {
		t.Errorf("after an hour %v are missing", got)
	}
	if got, _ := p.missing([]string{"charge", "ship"}, now.Add(91*time.Minute)); len(got) != 2 {
		t.Errorf("after more than an hour %v are missing", got)
	}
	for i := range 2 * polledNames {
		p.note([]string{fmt.Sprint("a", i)}, now)
	}
	if len(p.at) > polledNames {
		t.Errorf("%d names are kept", len(p.at))
	}
	later := now.Add(3 * time.Hour)
	p.note([]string{"new"}, later)
	if got, _ := p.missing([]string{"new"}, later); len(got) != 0 {
		t.Errorf("names of hours ago keep out %v", got)
	}
	p.begin(later)
	if got, _ := p.missing([]string{"new"}, later); len(got) != 1 {
		t.Error("another term knows of polls of the one before")
	}
}
