package engine_test

import (
	"testing"
	"testing/synctest"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

const waits = "def run(ctx, input):\n    ctx.signal(\"go\")\n    return ctx.info.version\n"

// stored stores an archive and returns its digest.
func stored(t *testing.T, n *enginetest.Node, archive []byte) catalog.Digest {
	t.Helper()
	a, _, err := n.StoreArchive(background, engine.Call{}, archive)
	if err != nil {
		t.Fatal(err)
	}
	return a.Digest
}

func loadedVersions(t *testing.T, n *enginetest.Node) (list []engine.VersionRow) {
	t.Helper()
	list, _, err := n.Versions(background, engine.Read{}, "")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestStartOnCodeThatComesAlong: a run gets its code with its start, and an ephemeral version goes
// with the end of its last run, whose history stays.
func TestStartOnCodeThatComesAlong(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		digest := stored(t, n, enginetest.Pack(t, enginetest.Code{"order": waits}))
		start := engine.StartRequest{Call: engine.Call{Actor: "ann", Request: &fsm.Request{ID: "r1"}}, Type: "order", WorkflowID: "a"}
		a, at, err := n.StartPackage(background, start, engine.Along{Archive: digest, Ephemeral: true})
		if err != nil || !a.FreshlyLoaded || !a.Ephemeral {
			t.Fatalf("%+v, %v", a, err)
		}
		synctest.Wait()
		rows := loadedVersions(t, n)
		if len(rows) != 1 || !rows[0].Facts.Ephemeral || rows[0].RouteActive || rows[0].Pins.Total() != 1 {
			t.Fatalf("loaded are %+v", rows)
		}
		_, _, err = n.Start(background, engine.StartRequest{Type: "order"}) // nothing is routed
		refused(t, err, "unknown_workflow_type")

		ref := fsm.RunRef{WorkflowID: "a", RunID: a.Run.RunID}
		n.Send(ref, "go", "")
		equal(t, "outcome", n.Outcome(ref), `completed "`+a.Run.Version.String()+`"`)
		equal(t, "loaded", len(loadedVersions(t, n)), 0)
		equal(t, "events", len(n.Events(ref)), 3)
		_, _, err = n.Reopen(background, engine.Call{}, ref, "")
		refused(t, err, "invalid_state")

		again, repeated, err := n.StartPackage(background, start, engine.Along{Archive: digest, Ephemeral: true})
		if err != nil || !repeated.Deduplicated || repeated.Index != at.Index || again.Run.RunID != a.Run.RunID || !again.FreshlyLoaded {
			t.Errorf("repeated: %+v, %+v, %v", again, repeated, err)
		}
		equal(t, "loaded", len(loadedVersions(t, n)), 0)
	})
}

// TestRunsThatEndAtOnceLeaveNothing: load, start, turn, close and unload, as often as one likes.
func TestRunsThatEndAtOnceLeaveNothing(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		digest := stored(t, n, enginetest.Pack(t, enginetest.Code{"order": echo}))
		for range 5 {
			a, _, err := n.StartPackage(background, engine.StartRequest{Type: "order", Input: history.Payload(`7`)}, engine.Along{Archive: digest, Ephemeral: true})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "outcome", n.Outcome(fsm.RunRef{WorkflowID: a.Run.WorkflowID}), `completed 7`)
			equal(t, "loaded", len(loadedVersions(t, n)), 0)
		}
	})
}

// TestAnArchiveThatStays: without ephemeral it is loaded for good, without a route; a version that
// is there is used as it is.
func TestAnArchiveThatStays(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		digest := stored(t, n, enginetest.Pack(t, enginetest.Code{"order": echo}))
		for i := range 3 {
			a, _, err := n.StartPackage(background, engine.StartRequest{Type: "order"}, engine.Along{Archive: digest, Ephemeral: i > 0})
			if err != nil || a.FreshlyLoaded != (i == 0) || a.Ephemeral {
				t.Fatalf("%d: %+v, %v", i, a, err)
			}
			equal(t, "outcome", n.Outcome(fsm.RunRef{WorkflowID: a.Run.WorkflowID}), `completed null`)
		}
		rows := loadedVersions(t, n)
		if len(rows) != 1 || rows[0].Facts.Ephemeral || rows[0].RouteActive {
			t.Errorf("loaded are %+v", rows)
		}
		page, err := n.Deploys(background, engine.Read{}, "", 10, "")
		if err != nil || len(page.Records) != 1 {
			t.Errorf("only the first loaded anything: %+v, %v", page, err)
		}
	})
}

// TestRefusedStartsBringNothing: whatever is wrong, nothing is loaded.
func TestRefusedStartsBringNothing(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		digest := stored(t, n, enginetest.Pack(t, enginetest.Code{"order": echo}, enginetest.InputSchema("order", `{"type":"object"}`)))
		bring := func(r engine.StartRequest, along engine.Along) error {
			along.Ephemeral = true
			_, _, err := n.StartPackage(background, r, along)
			return err
		}
		good := engine.Along{Archive: digest}
		object := history.Payload(`{}`)
		refused(t, bring(engine.StartRequest{Type: "order", Input: object}, engine.Along{Archive: catalog.Digest{1}}), "not_found")
		refused(t, bring(engine.StartRequest{Type: "refund", Input: object}, good), "invalid_input")
		refused(t, bring(engine.StartRequest{Type: "order", Input: history.Payload(`7`)}, good), "invalid_input")
		refused(t, bring(engine.StartRequest{Type: "order", Input: object, Version: "abcdef"}, good), "invalid_input")
		refused(t, bring(engine.StartRequest{Type: "order", Input: object}, engine.Along{Archive: digest, Owner: "ci", Allowed: &fsm.Allowance{Versions: 1, Bytes: 10}}), "resource_exhausted")
		equal(t, "loaded", len(loadedVersions(t, n)), 0)
		if err := bring(engine.StartRequest{Type: "order", Input: object}, engine.Along{Archive: digest, Owner: "ci", Allowed: &fsm.Allowance{Versions: 1, Bytes: 1 << 20}}); err != nil {
			t.Error(err)
		}
	})
}
