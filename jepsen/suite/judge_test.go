package suite

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/op"
)

const second = int64(time.Second)

// change is a call for a change, from one second to another.
func change(from, to int64, o op.Outcome) op.Op {
	return op.Op{Node: "n1", Request: "r", Invoke: from * second, Return: to * second, Outcome: o}
}

// struck is a fault whose time ended, and that was mended, at these seconds of the run.
func struck(begin, over, end int64) fault.Done {
	return fault.Done{Item: fault.Item{Name: "kill-all"}, Did: "kill -9 n1 n2 n3", Begin: begin * second, Over: over * second, End: end * second}
}

// rolled is struck of an orderly fault.
func rolled(begin, over, end int64) fault.Done {
	d := struck(begin, over, end)
	d.Name, d.Did = "rolling-restart", "restart n1 n2 n3 in turn"
	return d
}

// An orderly restart may leave calls without an outcome that went through the node that was stopped
// then, and no others; a fault that meets another one explains more.
func TestOrderlyRestartsLoseNoAnswers(t *testing.T) {
	through := func(node string, from, to int64, o op.Outcome) op.Op {
		c := change(from, to, o)
		c.Node = node
		return c
	}
	brokenOff := through("n3", 12, 13, op.Unknown)
	brokenOff.Error = "an answer was lost: context deadline exceeded"
	waited := through("n3", 10, 20, op.Unknown)
	waited.Error = brokenOff.Error
	d := rolled(10, 20, 20)
	d.Away = []fault.Away{{Node: "n1", From: 11 * second, To: 14 * second}, {Node: "n2", From: 14 * second, To: 17 * second}}
	for _, c := range []struct {
		name string
		op   op.Op
		lost bool
	}{
		{"through the node that is stopped", through("n1", 12, 13, op.Unknown), false},
		{"begun before it is stopped", through("n1", 10, 12, op.Unknown), false},
		{"through one that is stopped later", through("n2", 12, 13, op.Unknown), true},
		{"through one that is never", through("n3", 12, 13, op.Unknown), true},
		{"a retry", through("n3", 12, 13, op.Failed), false},
		{"before the fault", through("n3", 8, 9, op.Unknown), false},
		{"when the part under faults was over", brokenOff, false},
		{"for as long as a caller waits", waited, true},
	} {
		r := Result{Done: []fault.Done{d}}
		if lost := r.spoilt(0, []op.Op{c.op}); (len(lost) > 0) != c.lost {
			t.Errorf("%s: %v", c.name, lost)
		}
		r.Done = append(r.Done, struck(12, 13, 14))
		if lost := r.spoilt(0, []op.Op{c.op}); len(lost) > 0 {
			t.Errorf("%s, beside another fault: %v", c.name, lost)
		}
	}
}

func TestJudge(t *testing.T) {
	failed := func(at ...int64) (ops []op.Op) {
		for _, s := range at {
			ops = append(ops, change(s, s+1, op.Failed))
		}
		return ops
	}
	for _, c := range []struct {
		name  string
		ops   []op.Op
		done  []fault.Done
		until int64
		want  string // the checker and its text; empty: nothing is found
	}{
		{name: "nothing is wrong", ops: []op.Op{change(0, 1, op.OK), change(2, 3, op.OK)}, until: 4},
		{name: "nothing is acknowledged", ops: failed(1, 2), until: 4, want: "availability: no change was acknowledged"},
		{
			name: "a gap without a fault", until: 40,
			ops:  append(failed(10, 20, 30), change(0, 1, op.OK), change(32, 33, op.OK)),
			want: "availability: no change was acknowledged from 10s on for 23s",
		},
		{
			name: "a gap in which nobody asked", until: 60,
			ops: append(failed(30), change(0, 1, op.OK), change(32, 33, op.OK)),
		},
		{
			name: "a gap that its fault explains", until: 60,
			ops: append(failed(10, 20, 30), change(0, 1, op.OK), change(50, 51, op.OK)), done: []fault.Done{struck(2, 32, 34)},
		},
		{
			name: "a gap that goes on long after its fault", until: 60,
			ops:  append(failed(10, 20, 30, 36, 40), change(0, 1, op.OK), change(56, 57, op.OK)),
			done: []fault.Done{struck(2, 32, 34)},
			want: "availability: no change was acknowledged from 36s on for 21s",
		},
		{
			name: "a fault that lasts because it is not mended", until: 130,
			ops:  append(failed(10, 30, 60, 90), change(0, 1, op.OK), change(122, 123, op.OK)),
			done: []fault.Done{struck(2, 5, 122)},
			want: "availability: no change was acknowledged from 30s on for 1m33s",
		},
		{
			name: "two faults with a calm between them", until: 60,
			ops:  append(failed(5, 10, 15, 20, 25, 30, 35), change(0, 1, op.OK), change(50, 51, op.OK)),
			done: []fault.Done{struck(2, 4, 5), struck(28, 40, 41)},
			want: "availability: no change was acknowledged from 5s on for 23s",
		},
		{
			name: "two faults that follow each other", until: 60,
			ops:  append(failed(5, 10, 15, 20, 25, 30, 35), change(0, 1, op.OK), change(50, 51, op.OK)),
			done: []fault.Done{struck(2, 10, 12), struck(20, 40, 41)},
		},
		{
			name: "a fault that did nothing explains nothing", until: 60,
			ops:  append(failed(2, 10, 20, 29), change(0, 1, op.OK), change(31, 32, op.OK), change(36, 37, op.OK)),
			done: []fault.Done{{Did: "nothing: sick", Begin: second, Over: 30 * second, End: 30 * second}, struck(33, 34, 35)},
			want: "availability: no change was acknowledged from 2s on for 30s",
		},
		{
			name: "an orderly restart", until: 60,
			ops:  append(failed(6, 8), change(0, 1, op.OK), change(9, 10, op.OK), change(30, 31, op.OK)),
			done: []fault.Done{rolled(5, 14, 15)},
		},
		{
			name: "an orderly restart that nobody could work in", until: 60,
			ops:  append(failed(6, 8, 12, 16), change(0, 1, op.OK), change(18, 19, op.OK), change(30, 31, op.OK)),
			done: []fault.Done{rolled(5, 19, 20)},
			want: "availability: no change was acknowledged for 13s during rolling-restart",
		},
		{
			name: "an orderly restart after something worse", until: 60,
			ops:  append(failed(6, 8, 12, 16), change(0, 1, op.OK), change(18, 19, op.OK), change(30, 31, op.OK)),
			done: []fault.Done{struck(2, 3, 4), rolled(5, 19, 20)},
		},
		{
			name: "an answer that nothing explains", until: 60,
			ops:  []op.Op{change(0, 1, op.OK), {Node: "n2", F: "describe", Key: "x", Invoke: 3 * second, Outcome: op.Unknown, Code: "internal", Error: "panic"}},
			want: "answers: describe x through n2 at 3s was answered internal: panic",
		},
		{
			name: "no recovery", until: 40,
			ops:  []op.Op{change(0, 1, op.OK), change(2, 3, op.OK)},
			done: []fault.Done{struck(4, 5, 6)},
			want: "recovery: no change was acknowledged after kill-all (kill -9 n1 n2 n3) ended at 6s",
		},
		{
			name: "no fault struck", until: 40,
			ops:  []op.Op{change(0, 1, op.OK), change(2, 3, op.OK)},
			done: []fault.Done{{Did: "nothing: sick", End: 1}, {Did: "not begun"}},
			want: "faults: none of 2 faults struck; the first: nothing: sick",
		},
		{
			name: "a fault that went wrong", until: 40,
			ops:  []op.Op{change(0, 1, op.OK), change(7, 8, op.OK)},
			done: []fault.Done{{Item: fault.Item{Name: "bits-log"}, Did: "n1: flipped", Begin: second, End: 2 * second, Error: "n1 was not made a voter"}},
			want: "faults: bits-log at 1s (n1: flipped) went wrong: n1 was not made a voter",
		},
	} {
		r := &Result{Counts: map[string]int{}, Done: c.done}
		r.measure(c.ops, c.until*second)
		found := r.judge(c.ops)
		var said []string
		for _, v := range found {
			said = append(said, v.Checker+": "+v.What)
		}
		all := strings.Join(said, "\n")
		if c.want == "" && all != "" || c.want != "" && (!strings.Contains(all, c.want) || len(found) != 1) {
			t.Errorf("%s: found %q, want %q", c.name, all, c.want)
		}
	}
}

// What the suite itself changed after healing shows recovery, and is not a call of the workload.
func TestProbesShowTheRecovery(t *testing.T) {
	r := &Result{Counts: map[string]int{}, Done: []fault.Done{struck(4, 5, 6)}}
	r.measure([]op.Op{change(0, 1, op.OK)}, 10*second, 11*second)
	if found := r.judge(nil); len(found) > 0 || r.Recovery[0] != 5*time.Second || r.Acked != 1 || r.Ops != 1 {
		t.Errorf("found %v; recovery %v, %d of %d calls", found, r.Recovery, r.Acked, r.Ops)
	}
}

// Faults that a node's binary does not support are refused before any run.
func TestFaultsNeedTheirTags(t *testing.T) {
	dir := t.TempDir()
	plain, tagged := filepath.Join(dir, "plain"), filepath.Join(dir, "tagged")
	for out, tags := range map[string]string{plain: "", tagged: "aionfaults"} {
		cmd := exec.Command("go", "build", "-tags", tags, "-o", out, "aion.dev/aion/internal/flakes") // any command
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
	}
	s := Spec{Workload: "timers", Faults: "snapshots", Tagged: true}
	for _, c := range []struct {
		o    Options
		fits bool
	}{
		{Options{Binary: plain}, false},
		{Options{Binary: plain, Faulty: tagged}, true},
		{Options{Binary: tagged}, true},
		{Options{Binary: filepath.Join(dir, "nothing")}, false},
	} {
		if err := c.o.fits(&s); (err == nil) != c.fits {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
}
