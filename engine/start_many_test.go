package engine_test

import (
	"fmt"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// keyed is a start under a request id.
func keyed(r engine.StartRequest, id string) engine.StartRequest {
	r.Request = &fsm.Request{ID: id, Print: catalog.Digest{1}}
	return r
}

// TestStartManyRefusesEachByItself: what is wrong with a start, before the log or in it, is its own
// refusal, and the others get their own answers.
func TestStartManyRefusesEachByItself(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}))
		n.Deploy(enginetest.Pack(t, enginetest.Code{"order": echo}, enginetest.InputSchema("order", ordered)))
		out, _, err := n.StartMany(background, []engine.StartRequest{
			{Type: "a", WorkflowID: "one"},
			{Type: "a", WorkflowID: "not one"},
			{Type: "nobody", WorkflowID: "two"},
			{Type: "order", WorkflowID: "three", Input: history.Payload(`{"id":"x"}`)},
			{Type: "a", WorkflowID: "one"},
			{Type: "order", WorkflowID: "four", Input: history.Payload(`{"id":4}`)},
			{Type: "a", Input: history.Payload("5")},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{2, 4, 5, 6} { // all in one entry
			equal(t, fmt.Sprint("index of ", i), out[i].Index, out[0].Index)
		}
		for i, want := range []string{"", "invalid_input", "unknown_workflow_type", "invalid_input", "already_running", "", ""} {
			equal(t, fmt.Sprint("code of ", i), enginetest.CodeOf(out[i].Err), want)
			if want == "" && out[i].Run == nil {
				t.Errorf("%d has neither a run nor a refusal", i)
			}
		}
		equal(t, "the first", out[0].Run.WorkflowID, "one")
		equal(t, "the sixth", out[5].Run.WorkflowID, "four")
		equal(t, "its result", n.Outcome(fsm.RunRef{WorkflowID: "four"}), `completed {"id":4}`)
		equal(t, "of the last", n.Outcome(fsm.RunRef{WorkflowID: out[6].Run.WorkflowID}), "completed 5")
	})
}

// TestStartManyRepeats: after a lost answer, the same request ids start nothing twice.
func TestStartManyRepeats(t *testing.T) {
	for _, fault := range []enginetest.Fault{enginetest.UnknownDone, enginetest.UnknownLost, enginetest.NotLeader} {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}))
			var all []engine.StartRequest
			for i := range 1200 {
				all = append(all, keyed(engine.StartRequest{Type: "a"}, fmt.Sprint("s", i)))
			}
			groups := 0
			n.Log.Inject(func(c fsm.Command) enginetest.Fault {
				if _, ok := c.(*fsm.StartRun); ok {
					if groups++; groups > 1000 {
						return fault
					}
				}
				return enginetest.None
			})
			first, _, err := n.StartMany(background, all)
			if err != nil {
				t.Fatal(err)
			}
			started := 0
			for _, s := range first {
				if s.Err == nil {
					started++
				}
			}
			if started == 0 || started == len(all) {
				t.Fatalf("%d of %d were started: the fault hit all or none", started, len(all))
			}
			n.Log.Inject(nil)
			again, _, err := n.StartMany(background, all)
			if err != nil {
				t.Fatal(err)
			}
			runs := map[history.RunID]bool{}
			for i, s := range again {
				if s.Err != nil {
					t.Fatal(s.Err)
				}
				if first[i].Err == nil && (!s.Deduplicated || *s.Run != *first[i].Run) {
					t.Errorf("%d is %v, and was %v", i, s, first[i])
				}
				runs[s.Run.RunID] = true
			}
			equal(t, "runs", len(runs), len(all))
			var counted uint64
			counts, _, err := n.Count(background, engine.Read{}, fsm.RunFilter{}, "", "")
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range counts {
				counted += c.Count
			}
			equal(t, "runs of the state", counted, uint64(len(all)))
		})
	}
}

// TestStartManyThatDoNotFit: a log may find that commands do not fit into one entry.
func TestStartManyThatDoNotFit(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}))
		n.Log.Inject(func(fsm.Command) enginetest.Fault { return enginetest.Apart })
		out, _, err := n.StartMany(background, []engine.StartRequest{{Type: "a"}, {Type: "a"}, {Type: "a"}})
		if err != nil || out[0].Err != nil || out[1].Err != nil || out[2].Err != nil {
			t.Fatal(out, err)
		}
		if out[0].Index >= out[1].Index || out[1].Index >= out[2].Index {
			t.Errorf("started in entries %d, %d and %d", out[0].Index, out[1].Index, out[2].Index)
		}
		n.Log.Inject(func(fsm.Command) enginetest.Fault { return enginetest.NotLeader })
		_, _, err = n.StartMany(background, []engine.StartRequest{{Type: "a"}, {Type: "bad type"}})
		refused(t, err, "no_leader")
	})
}

// TestStartManyWhileARouteMoves: starts whose input was checked against a schema that counts no
// more are checked again.
func TestStartManyWhileARouteMoves(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		other := n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}, enginetest.InputSchema("a", `{"type":"string"}`)))
		first := n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}, enginetest.InputSchema("a", `{"type":["number","string"]}`)))
		movingRoute(t, n, []catalog.Version{first.Package.Version, other.Package.Version}, 1)
		out, _, err := n.StartMany(background, []engine.StartRequest{{Type: "a", Input: history.Payload(`1`)}, {Type: "a", Input: history.Payload(`"x"`)}})
		if err != nil {
			t.Fatal(err)
		}
		refused(t, out[0].Err, "invalid_input")
		if out[1].Err != nil || out[1].Run.Version != other.Package.Version {
			t.Errorf("the second: %+v", out[1])
		}
	})
}
