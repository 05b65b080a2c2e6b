package bench

import (
	"math"
	"testing"
)

func TestWhatOthersTook(t *testing.T) {
	before := parseLoad("cpu  100 0 50 1000 10 0 5 2 0 0\ncpu0 1 1 1 1 1 1 1 1\n")
	after := parseLoad("cpu  200 20 80 1030 30 0 5 2 0 0\n")
	if before != (machineLoad{busy: 157, all: 1167}) || after != (machineLoad{busy: 307, all: 1367}) {
		t.Fatalf("read %+v and %+v", before, after)
	}
	for used, want := range map[float64]float64{0: 0.75, 1: 0.25, 1.5: 0, 9: 0} {
		if got := othersShare(before, after, used); math.Abs(got-want) > 1e-9 {
			t.Errorf("if nodes and clients took %v s, others took %v, want %v", used, got, want)
		}
	}
	for _, bad := range []string{"", "cpu 1 2", "cpu a b c d e f g h", "intr 1 2 3 4 5 6 7 8 9"} {
		if got := parseLoad(bad); got != (machineLoad{}) {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
	if got := othersShare(machineLoad{}, after, 0); got != 0 {
		t.Errorf("others took %v of an unknown machine", got)
	}
}
