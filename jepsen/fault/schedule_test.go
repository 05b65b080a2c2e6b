package fault

import (
	"reflect"
	"testing"
	"time"
)

// A schedule follows from its seed, stays within its run, and is dense: a run of twenty seconds
// meets several faults, and twice as many in pairs.
func TestPlan(t *testing.T) {
	const runs, length = 200, 20 * time.Second
	all, longest := 0, time.Duration(0)
	for seed := range uint64(runs) {
		for _, pairs := range []bool{false, true} {
			s := Plan(seed, []string{"kill-one", "freeze-leader", "isolate-leader"}, length, pairs)
			if again := Plan(seed, []string{"kill-one", "freeze-leader", "isolate-leader"}, length, pairs); !reflect.DeepEqual(s, again) {
				t.Fatalf("seed %d: planned twice, %v and %v", seed, s, again)
			}
			for i, item := range s {
				if item.At+item.For > length || item.For <= 0 && item.At < length {
					t.Fatalf("seed %d: item %d is %v", seed, i, item)
				}
				longest = max(longest, item.For)
			}
			if !pairs {
				all += len(s)
			}
		}
	}
	if mean := float64(all) / runs; mean < 5 {
		t.Errorf("%.1f faults a run", mean)
	}
	if longest < 5*time.Second || longest > length*2/3 {
		t.Errorf("the longest fault lasts %s", longest)
	}
}

// A fault that came too late or found nothing to do does not count.
func TestStruck(t *testing.T) {
	for _, c := range []struct {
		done Done
		want bool
	}{
		{Done{Did: "not begun"}, false},
		{Done{Did: "nothing: the disk of n1 or of another is sick already", Begin: 1, End: 2}, false},
		{Done{Did: "nothing out of n1", Begin: 1, End: 2}, true},
		{Done{Did: "kill -9 n1", Begin: 1, End: 2}, true},
	} {
		if c.done.Struck() != c.want {
			t.Errorf("%+v: struck %t", c.done, !c.want)
		}
	}
}
