package suite

import (
	"strings"
	"testing"
	"time"
)

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		faults string
		tagged bool
		only   string // what every fault of the schedule is one of
		fails  bool
	}{
		{faults: "none"},
		{faults: "kill-leader", only: "kill-leader"},
		{faults: "leadership", only: "transfers"},
		{faults: "kill-leader+transfers", only: "kill-leader transfers"},
		{faults: "snapshots+leadership", tagged: true, only: "snapshots transfers"},
		{faults: "snapshots", fails: true}, // there is no such fault without a tagged binary
		{faults: "kill-leader+clock", fails: true},
		{faults: "netns", fails: true},
		{faults: "upgrade", fails: true}, // there is no other build
		{faults: "mixed+kill-one", fails: true},
		{faults: "kill-leader+nothing", fails: true},
		{faults: "nothing", fails: true},
	} {
		s := Spec{Seed: 1, Faults: c.faults, Length: 30 * time.Second, Tagged: c.tagged}
		if err := s.Plan(); (err != nil) != c.fails {
			t.Errorf("%s: %v", c.faults, err)
			continue
		}
		names := map[string]bool{}
		overlap := false
		for i, item := range s.Schedule {
			if names[item.Name] = true; !strings.Contains(c.only, item.Name) {
				t.Errorf("%s: there is a %s", c.faults, item.Name)
			}
			overlap = overlap || i > 0 && item.At <= s.Schedule[i-1].At+s.Schedule[i-1].For
		}
		if want := len(strings.Fields(c.only)); len(names) != want || overlap != (want > 1) {
			t.Errorf("%s: %d kinds of faults meet (%t), want %d: %v", c.faults, len(names), overlap, want, s.Schedule)
		}
	}
}
