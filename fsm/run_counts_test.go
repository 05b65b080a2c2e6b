package fsm

import (
	"fmt"
	"slices"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestMergedCohorts: what comes and goes in one entry is put into a new list in its order; readers
// keep the old one.
func TestMergedCohorts(t *testing.T) {
	of := func(names ...string) (list []rows.Cohort) {
		for _, name := range names {
			list = append(list, rows.Cohort{Type: name, Status: history.StatusRunning})
		}
		return list
	}
	for _, c := range []struct{ list, came, went, want []rows.Cohort }{
		{nil, of("b", "a"), nil, of("a", "b")},
		{of("b", "d"), of("e", "a", "c"), nil, of("a", "b", "c", "d", "e")},
		{of("a", "b", "c"), nil, of("c", "a"), of("b")},
		{of("a", "b", "c"), of("d", "aa"), of("b"), of("a", "aa", "c", "d")},
		{of("a"), nil, of("a"), of()},
	} {
		before := fmt.Sprint(c.list)
		if got := merged(c.list, c.came, c.went); !slices.Equal(got, c.want) || fmt.Sprint(c.list) != before {
			t.Errorf("%v and %v without %v is %v, want %v", before, c.came, c.went, got, c.want)
		}
	}
}

// BenchmarkNewCohorts tells what an entry costs that starts the first runs of 256 types, in a state
// that counts runs of 100,000 cohorts.
func BenchmarkNewCohorts(b *testing.B) {
	var list, came []rows.Cohort
	for i := range 100_000 {
		list = append(list, rows.Cohort{Type: fmt.Sprintf("t%06d", i), Status: history.StatusRunning})
	}
	for i := range 256 {
		came = append(came, rows.Cohort{Type: fmt.Sprintf("t%06d.", 390*i), Status: history.StatusRunning})
	}
	for b.Loop() {
		merged(list, slices.Clone(came), nil)
	}
}
