package ephemeral

import (
	"encoding/json"
	"slices"
	"testing"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
)

// story is a short correct history: a comes with one run, another starts on it by name, and it goes
// with the last; b comes and goes in one entry; c comes along and is then deployed to stay.
func story() []op.Op {
	did := func(f, request string, index uint64, answer any) op.Op {
		o := newOp(f, "t", arguments{Type: "t"})
		o.Request, o.Index, o.Outcome, o.Answer = request, index, op.OK, loadtest.JSON(answer)
		return o
	}
	event := func(index uint64, name, version string) load.Event {
		return load.Event{Index: index, Name: name, Data: loadtest.JSON(loadtest.Facts{"version": version, "freshly_loaded": name == "PackageLoaded"})}
	}
	row := func(v string, ephemeral bool) loadtest.Facts {
		return loadtest.Facts{"workflow_type": "t", "version": v, "ephemeral": ephemeral}
	}
	return []op.Op{
		{Workload: "ephemeral", F: "level-is", Value: []byte("2"), Outcome: op.OK},
		{Workload: "ephemeral", F: "versions-are", Key: "t", Value: loadtest.JSON([]string{"a", "b", "c"}), Outcome: op.OK},
		did("bring", "s1", 5, loadtest.Facts{"version": "a", "freshly_loaded": true}),
		did("start", "s2", 6, loadtest.Facts{"version": "a"}),
		did("look", "", 6, loadtest.Facts{"versions": []any{row("a", true)}}),
		did("bring", "s3", 8, loadtest.Facts{"version": "b", "freshly_loaded": true}),
		did("bring", "s4", 9, loadtest.Facts{"version": "c", "freshly_loaded": true}),
		did("keep", "k1", 10, loadtest.Facts{"version": "c"}),
		did("look", "", 12, loadtest.Facts{"versions": []any{row("c", false)}}),
		did("stream", "", 12, []load.Event{
			event(5, "PackageLoaded", "a"), event(7, "WorkflowClosed", "a"), event(8, "PackageLoaded", "b"), event(8, "WorkflowClosed", "b"), event(8, "VersionUnloaded", "b"),
			event(9, "PackageLoaded", "c"), event(10, "WorkflowClosed", "c"), event(11, "WorkflowClosed", "a"), event(11, "VersionUnloaded", "a"),
		}),
	}
}

func TestCheck(t *testing.T) {
	stream := func(change func([]load.Event) []load.Event) func([]op.Op) []op.Op {
		return func(ops []op.Op) []op.Op {
			last := &ops[len(ops)-1]
			var all []load.Event
			if err := json.Unmarshal(last.Answer, &all); err != nil {
				t.Fatal(err)
			}
			last.Answer = loadtest.JSON(change(all))
			return ops
		}
	}
	for _, c := range []struct {
		name   string
		change func([]op.Op) []op.Op
		words  string
	}{
		{"nothing", func(ops []op.Op) []op.Op { return ops }, ""},
		{"it stays", stream(func(l []load.Event) []load.Event { return slices.Delete(l, 8, 9) }), "the last run on a closed, and the version is still there"},
		{"it stays after coming and going at once", stream(func(l []load.Event) []load.Event { return slices.Delete(l, 4, 5) }), "the last run on b closed"},
		{"too early", stream(func(l []load.Event) []load.Event { l[8].Index = 7; return l }), "a was unloaded under 1 open runs"},
		{"deployed to stay", stream(func(l []load.Event) []load.Event {
			return append(l, load.Event{Index: 12, Name: "VersionUnloaded", Data: l[5].Data})
		}), "deployed to stay"},
		{"loaded twice", stream(func(l []load.Event) []load.Event {
			return append(l, load.Event{Index: 6, Name: "PackageLoaded", Data: l[0].Data})
		}), "it was there before"},
		{"closed twice", stream(func(l []load.Event) []load.Event { return append(l, l[7], l[7]) }), "more runs on a have closed"},
		{"a start that loaded nothing", func(ops []op.Op) []op.Op {
			ops[3].Answer = []byte(`{"version":"a","freshly_loaded":true}`)
			return ops
		}, "say that they loaded a, 0 did"},
		{"a start on nothing", func(ops []op.Op) []op.Op {
			ops[3].Index = 12
			return ops
		}, "which is not there"},
		{"a listing without it", func(ops []op.Op) []op.Op {
			ops[4].Answer = []byte(`{"versions":[]}`)
			return ops
		}, "has a: false; it is there: true"},
		{"a listing that calls it ordinary", func(ops []op.Op) []op.Op {
			ops[4].Answer = []byte(`{"versions":[{"workflow_type":"t","version":"a"}]}`)
			return ops
		}, "says of a that it is ephemeral: false"},
		{"a run that never ends", stream(func(l []load.Event) []load.Event { return l[:7] }), "are open, and all were ended"},
		{"level 1", func(ops []op.Op) []op.Op {
			ops[0].Value = []byte("1")
			return stream(func(l []load.Event) []load.Event { return l[:1] })(ops)
		}, ""},
	} {
		loadtest.Expect(t, c.name, new(Workload).Check(c.change(story())), c.words)
	}
}
