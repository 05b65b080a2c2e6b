package bench

import (
	"math"
	"testing"

	"github.com/google/pprof/profile"
)

// TestAreaOf: the innermost function that belongs to somebody decides.
func TestAreaOf(t *testing.T) {
	for _, c := range []struct {
		want  string
		stack []string
	}{
		{"apply", []string{"runtime.memmove", "github.com/cockroachdb/pebble/v2.(*Batch).Commit", "aion.dev/aion/fsm.(*State).Apply", "aion.dev/aion/cluster.(*replica).Apply", "github.com/hashicorp/raft.(*Raft).runFSM"}},
		{"log", []string{"syscall.Syscall", "github.com/hashicorp/raft-wal/fs.(*File).Sync", "aion.dev/aion/cluster/logstore.(*Parallel).write"}},
		{"raft", []string{"syscall.Syscall", "net.(*conn).Write", "aion.dev/aion/cluster/port.(*conn).Write", "github.com/hashicorp/raft.sendRPC"}},
		{"front", []string{"encoding/json.Unmarshal", "aion.dev/aion/transport.decodeJSON", "aion.dev/aion/engine.(*Engine).Start"}},
		{"engine", []string{"go.starlark.net/starlark.Call", "aion.dev/aion/engine.(*driver).run"}},
		{"collector", []string{"runtime.scanObject", "runtime.gcDrain", "runtime.gcBgMarkWorker"}},
		{"collector", []string{"runtime.gcDrainN", "runtime.gcAssistAlloc", "runtime.mallocgc", "aion.dev/aion/fsm.(*State).Apply"}},
		{"scheduler", []string{"runtime.futex", "runtime.findRunnable", "runtime.mcall"}},
		{"other", []string{"main.main"}},
		{"other", nil},
	} {
		if got := areaOf(c.stack); got != c.want {
			t.Errorf("%v is %s, want %s", c.stack, got, c.want)
		}
	}
}

func TestSharesOf(t *testing.T) {
	function := func(name string) *profile.Location {
		return &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: name}}}}
	}
	p := &profile.Profile{Sample: []*profile.Sample{
		{Location: []*profile.Location{function("aion.dev/aion/fsm.a")}, Value: []int64{1, 30}},
		{Location: []*profile.Location{function("runtime.memmove"), function("net/http.b")}, Value: []int64{1, 10}},
	}}
	sum := 0.0
	for _, s := range sharesOf(p) {
		sum += s.Part
		if want := map[string]float64{"apply": 0.75, "front": 0.25}[s.Area]; math.Abs(s.Part-want) > 1e-9 {
			t.Errorf("%s has %v, want %v", s.Area, s.Part, want)
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("the shares are %v together", sum)
	}
	if s := sharesOf(&profile.Profile{}); s != nil {
		t.Errorf("an idle node has %v", s)
	}
}
