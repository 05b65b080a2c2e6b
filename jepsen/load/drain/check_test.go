package drain

import (
	"encoding/json"
	"slices"
	"testing"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
)

// story is a short correct history: v0 is loaded, routed and started on; v1 is loaded and routed;
// somebody asks for v0 to be unloaded once it is drained; its run closes, and it is gone.
func story() []op.Op {
	did := func(f, request string, index uint64, answer any) op.Op {
		o := newOp(f, "t", arguments{Type: "t"})
		o.Request, o.Index, o.Outcome, o.Answer = request, index, op.OK, loadtest.JSON(answer)
		return o
	}
	event := func(index uint64, name string, data loadtest.Facts) load.Event {
		return load.Event{Index: index, Name: name, Data: loadtest.JSON(data)}
	}
	loaded := func(v string) loadtest.Facts { return loadtest.Facts{"version": v, "freshly_loaded": true} }
	route := func(v string) loadtest.Facts { return loadtest.Facts{"workflow_type": "t", "version": v} }
	row := func(v, state string, drained int, pinned bool) loadtest.Facts {
		r := loadtest.Facts{"workflow_type": "t", "version": v, "state": state, "drained_index": drained}
		if pinned {
			r["oldest_pin"] = loadtest.Facts{}
		}
		return r
	}
	return []op.Op{
		{Workload: "drain", F: "level-is", Value: []byte("1"), Outcome: op.OK},
		{Workload: "drain", F: "versions-are", Key: "t", Value: loadtest.JSON([]string{"a", "b"}), Outcome: op.OK},
		did("start", "s1", 6, loadtest.Facts{"version": "a"}),
		did("ask", "q1", 8, loadtest.Facts{"version": "a", "pending": true}),
		did("look", "", 8, loadtest.Facts{"versions": []any{row("a", "draining", 0, true), row("b", "routed", 0, false)}}),
		did("stream", "", 9, []load.Event{
			event(5, "PackageLoaded", loaded("a")), event(5, "RouteChanged", route("a")),
			event(7, "PackageLoaded", loaded("b")), event(7, "RouteChanged", route("b")),
			event(9, "WorkflowClosed", loadtest.Facts{"version": "a"}),
			event(9, "VersionDrained", loadtest.Facts{"version": "a", "workflow_types": []string{"t"}, "index": 9}),
			event(9, "VersionUnloaded", loadtest.Facts{"version": "a"}),
		}),
	}
}

// TestCheckerSeesWhatIsWrong: the story is right, and each lie about it is found.
func TestCheckerSeesWhatIsWrong(t *testing.T) {
	stream := func(change func([]load.Event) []load.Event) func([]op.Op) []op.Op {
		return func(ops []op.Op) []op.Op {
			o := &ops[len(ops)-1]
			var all []load.Event
			json.Unmarshal(o.Answer, &all)
			o.Answer = loadtest.JSON(change(all))
			return ops
		}
	}
	for _, c := range []struct {
		name   string
		change func([]op.Op) []op.Op
		words  string
	}{
		{"nothing", func(ops []op.Op) []op.Op { return ops }, ""},
		{"not drained", stream(func(l []load.Event) []load.Event { return slices.Delete(l, 5, 6) }), "announced as drained 0 times, want 1"},
		{"drained twice", stream(func(l []load.Event) []load.Event { return append(l, l[5]) }), "announced as drained 2 times, want 1"},
		{"another index", stream(func(l []load.Event) []load.Event {
			l[5].Data = []byte(`{"version":"a","workflow_types":["t"],"index":8}`)
			return l
		}), "says index 8"},
		{"too early", stream(func(l []load.Event) []load.Event { l[6].Index = 8; return l }), "was unloaded, though 1 runs are open"},
		{"kept", stream(func(l []load.Event) []load.Event { return l[:6] }), "was to be unloaded then, and is still there"},
		{"unasked", func(ops []op.Op) []op.Op { return slices.Delete(ops, 3, 4) }, "nobody's request was due"},
		{"a lie in a listing", func(ops []op.Op) []op.Op {
			ops[4].Answer = []byte(`{"versions":[{"workflow_type":"t","version":"a","state":"drained","drained_index":7}]}`)
			return ops
		}, "says that t v0 is drained"},
		{"loaded anew in the entry that unloaded it", func(ops []op.Op) []op.Op {
			ops = stream(func(l []load.Event) []load.Event {
				return append(l, load.Event{Index: 9, Name: "PackageLoaded", Data: []byte(`{"version":"a","freshly_loaded":true}`)})
			})(ops)
			look := ops[4]
			look.Index, look.Answer = 10, []byte(`{"versions":[{"workflow_type":"t","version":"a","state":"staged"}]}`)
			return slices.Insert(ops, 5, look)
		}, ""},
		{"level 0", func(ops []op.Op) []op.Op {
			ops[0].Value = []byte("0")
			return stream(func(l []load.Event) []load.Event { return l[:5] })(ops)
		}, ""},
	} {
		loadtest.Expect(t, c.name, new(Workload).Check(c.change(story())), c.words)
	}
}
