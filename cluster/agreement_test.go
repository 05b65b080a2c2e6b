package cluster

import (
	"fmt"
	"testing"
	"time"
)

func TestWhoseClockIsWrong(t *testing.T) {
	const year = 365 * 24 * time.Hour
	sure := func(ahead ...time.Duration) (m map[string]offset) {
		m = map[string]offset{}
		for i, d := range ahead {
			m[fmt.Sprint("n", i+2)] = offset{by: d, error: time.Millisecond}
		}
		return m
	}
	voters := func(n int) (ids []string) {
		for i := range n {
			ids = append(ids, fmt.Sprint("n", i+1))
		}
		return ids
	}
	const bound = 5 * time.Second
	for _, c := range []struct {
		name   string
		voters []string
		ahead  map[string]offset
		want   clockVerdict
		wrong  string
	}{
		{"alone", voters(1), nil, clockRight, "map[]"},
		{"two, at boot", voters(2), nil, clockUnknown, "map[]"},
		{"two agree", voters(2), sure(time.Second), clockRight, "map[]"},
		{"two differ: nobody knows", voters(2), sure(year), clockSplit, "map[]"},
		{"three, at boot", voters(3), nil, clockUnknown, "map[]"},
		{"three, one heard, and it agrees", voters(3), sure(-time.Second), clockRight, "map[]"},
		{"three, one heard, and it differs", voters(3), sure(-year), clockSplit, "map[]"},
		{"this one is ahead", voters(3), sure(-year, -year), clockWrong, "map[n1:true]"},
		{"this one is behind", voters(3), sure(year, year+time.Second), clockWrong, "map[n1:true]"},
		{"another one is wrong", voters(3), sure(0, year), clockRight, "map[n3:true]"},
		{"all differ", voters(3), sure(year, -year), clockSplit, "map[]"},
		{"a majority is wrong together, which nobody can detect", voters(3), sure(year, year), clockWrong, "map[n1:true]"},
		{"just within the bound", voters(3), sure(-bound, -bound), clockRight, "map[]"},
		{"beyond the bound, but not for certain", voters(3), map[string]offset{"n2": {-bound - 200*time.Millisecond, 300 * time.Millisecond}, "n3": {-bound - 200*time.Millisecond, 0}}, clockRight, "map[]"},
		{"beyond the bound", voters(3), sure(-bound-2*time.Millisecond, -bound-2*time.Millisecond), clockWrong, "map[n1:true]"},
		{"two against two", voters(4), sure(0, year, year), clockSplit, "map[]"},
		{"three against one", voters(4), sure(0, 0, -year), clockRight, "map[n4:true]"},
		{"five, three heard, no majority of five agrees", voters(5), sure(0, year), clockSplit, "map[]"},
		{"five, two wrong", voters(5), sure(0, 0, year, -year), clockRight, "map[n4:true n5:true]"},
		{"a non-voter does not count, but gets a verdict", voters(2), sure(time.Second, year), clockRight, "map[n3:true]"},
		{"this node does not vote", []string{"n2", "n3", "n4"}, sure(year, year), clockWrong, "map[n1:true]"},
		{"as far apart as times can be", voters(3), sure(-1<<63, 1<<63-1), clockSplit, "map[]"},
	} {
		j := judgeClock(c.voters, "n1", c.ahead, bound)
		if j.verdict != c.want || fmt.Sprint(j.wrong) != c.wrong {
			t.Errorf("%s: judged %v, wrong %v; want %v, %v", c.name, j.verdict, j.wrong, c.want, c.wrong)
		}
	}
}

// Every node judges by the same median, so the nodes that are not wrong are always a majority.
func TestAMajorityIsNeverWrong(t *testing.T) {
	steps := []time.Duration{0, 3 * time.Second, 6 * time.Second, time.Hour, -time.Hour}
	var clocks [5]time.Duration
	var walk func(i int)
	walk = func(i int) {
		if i < len(clocks) {
			for _, clocks[i] = range steps {
				walk(i + 1)
			}
			return
		}
		for n := 1; n <= len(clocks); n++ {
			voters, wrong := []string{}, 0
			for i := range n {
				voters = append(voters, fmt.Sprint(i))
			}
			for self := range n {
				ahead := map[string]offset{}
				for other := range n {
					ahead[voters[other]] = offset{by: clocks[other] - clocks[self]}
				}
				if judgeClock(voters, voters[self], ahead, 5*time.Second).verdict == clockWrong {
					wrong++
				}
			}
			if 2*wrong >= n {
				t.Fatalf("of the clocks %v, %d of %d are wrong", clocks[:n], wrong, n)
			}
		}
	}
	walk(0)
}

func TestReadingsOfClocks(t *testing.T) {
	var c clocks
	t0 := time.Now()
	wall := func(now time.Time) time.Time { return now.Round(0) }
	read := func(at time.Duration, trip, ahead time.Duration) {
		sent := t0.Add(at)
		c.record("n2", sent, sent.Add(trip), sent.Add(trip/2+ahead))
	}
	want := func(at time.Duration, by, within time.Duration) {
		t.Helper()
		now := t0.Add(at)
		if got, ok := c.ahead(now, wall(now))["n2"]; !ok || (got.by-by).Abs() > time.Microsecond || got.error != within {
			t.Errorf("after %v: %v ahead within %v (%v), want %v within %v", at, got.by, got.error, ok, by, within)
		}
	}
	read(0, 4*time.Second, time.Hour) // too slow to be usable
	if n := len(c.ahead(t0, wall(t0))); n != 0 {
		t.Errorf("%d clocks are known", n)
	}
	read(0, 100*time.Millisecond, time.Second)
	want(time.Second, time.Second, 50*time.Millisecond)
	read(time.Second, 400*time.Millisecond, 1100*time.Millisecond) // less exact, but consistent
	want(2*time.Second, time.Second, 50*time.Millisecond)
	read(2*time.Second, 400*time.Millisecond, time.Hour) // that clock was set
	want(3*time.Second, time.Hour, 200*time.Millisecond)
	read(3*time.Second, 10*time.Millisecond, time.Hour)
	want(4*time.Second, time.Hour, 5*time.Millisecond)
	read(14*time.Second, 600*time.Millisecond, time.Hour) // the exact reading is old
	want(15*time.Second, time.Hour, 300*time.Millisecond)
	now := t0.Add(20 * time.Second) // this node's own clock was set, which needs no new reading to notice
	if got := c.ahead(now, wall(now).Add(2*time.Hour))["n2"].by; (got + time.Hour).Abs() > time.Microsecond {
		t.Errorf("beside a clock that was set forward by two hours it is %v ahead, want -1h", got)
	}
	if n := len(c.ahead(t0.Add(2*time.Minute), wall(t0))); n != 0 {
		t.Errorf("%d clocks are known after two minutes", n)
	}
}
