package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

const accountCode = `def run(ctx, input):
    s = {"balance": 0, "over": False}

    def fits(n):
        if s["balance"] + n > 10:
            fail("over the limit of 10")

    def add(n):
        s["balance"] += n
        if n == 7:
            ctx.sleep("1h")
        if n == 3:
            fail("three is not liked")
        return s["balance"]

    ctx.on_update("add", add, validator = fits)
    ctx.on_update("end", lambda: s.update([("over", True)]))
    ctx.until(lambda: s["over"])
    if input == "again":
        ctx.continue_as_new("last")
    return s["balance"]
`

// TestUpdatesAreAnswered: accepted, completed, rejected, failed, known again under their ids, and
// left without an answer by a run that closes.
func TestUpdatesAreAnswered(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": accountCode}))
		ref := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "a"})
		ref.RunID = history.RunID{}
		ask := func(id, name, args string, wait time.Duration) (*engine.Update, error) {
			u, _, err := n.Update(background, engine.Call{}, ref, engine.UpdateRequest{ID: id, Name: name, Args: history.Payload(args)}, wait)
			return u, err
		}
		check := func(id, name, args string, status engine.UpdateStatus, result, failed string) {
			t.Helper()
			u, err := ask(id, name, args, time.Minute)
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			message := ""
			if u.Error != nil {
				message = u.Error.Message
			}
			if u.Status != status || string(u.Result) != result || !strings.Contains(message, failed) || (failed == "") != (message == "") || u.ID != id || u.Name != name {
				t.Errorf("%s: %+v, error %q", id, u, message)
			}
		}
		check("u1", "add", "4", engine.UpdateCompleted, "4", "")
		check("u1", "add", "4", engine.UpdateCompleted, "4", "")
		check("u2", "add", "9", engine.UpdateRejected, "", "over the limit of 10")
		check("u3", "add", "3", engine.UpdateCompleted, "", "three is not liked")
		check("u2", "add", "1", engine.UpdateCompleted, "8", "") // its id left no trace
		if _, err := ask("u4", "none", "1", 0); !isUnknown(err, "add, end") {
			t.Errorf("an unknown update: %v", err)
		}
		for _, id := range []string{"a\tb", "a\x00", "\xff", strings.Repeat("x", fsm.MaxUpdateID+1)} {
			if _, err := ask(id, "add", "1", 0); err == nil || !strings.Contains(err.Error(), "update_id") {
				t.Errorf("the id %q: %v", id, err)
			}
		}
		if _, err := ask("u1", "end", "1", 0); err == nil || !strings.Contains(err.Error(), "add") {
			t.Errorf("the id of another update: %v", err)
		}
		if u, err := n.UpdateState(background, engine.Read{}, ref, "u1", 0); err != nil || u.Status != engine.UpdateCompleted || string(u.Result) != "4" {
			t.Errorf("u1 stands at %+v, %v", u, err)
		}
		if _, err := n.UpdateState(background, engine.Read{}, ref, "never", 0); err == nil {
			t.Error("an update that never was has a state")
		}
		slow := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "b"})
		u, _, err := n.Update(background, engine.Call{}, slow, engine.UpdateRequest{Name: "add", Args: history.Payload("7")}, time.Second)
		if err != nil || u.Status != engine.UpdateAccepted || u.ID == "" {
			t.Fatalf("a slow one: %+v, %v", u, err)
		}
		if later, err := n.UpdateState(background, engine.Read{}, slow, u.ID, engine.MaxWait); err != nil || later.Status != engine.UpdateAccepted {
			t.Errorf("a minute later: %+v, %v", later, err)
		}
		if _, _, err := n.Terminate(background, engine.Call{}, slow, "enough"); err != nil {
			t.Fatal(err)
		}
		if left, err := n.UpdateState(background, engine.Read{}, slow, u.ID, engine.MaxWait); err != nil || left.Status != engine.UpdateAccepted || left.Error == nil || left.Error.Kind != "run_closed" {
			t.Errorf("of a run that closed: %+v, %v", left, err)
		}
		if _, _, err := n.Update(background, engine.Call{}, slow, engine.UpdateRequest{Name: "add", Args: history.Payload("1")}, 0); !isNotRunning(err) {
			t.Errorf("to a run that closed: %v", err)
		}
	})
}

func isUnknown(err error, known string) bool {
	unknown, ok := errors.AsType[*replay.UnknownUpdate](err)
	return ok && strings.Join(unknown.Known, ", ") == known
}

func isNotRunning(err error) bool {
	_, ok := errors.AsType[*fsm.NotRunning](err)
	return ok
}

// TestValidatorsSeeWhatTheyAgreeTo: of many updates at once, a validator agrees to as many as fit,
// whatever else happens to the run.
func TestValidatorsSeeWhatTheyAgreeTo(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": accountCode}))
		ref := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "a"})
		var all sync.WaitGroup
		counts := map[engine.UpdateStatus]int{}
		var mu sync.Mutex
		for i := range 25 {
			all.Go(func() {
				n.Send(ref, "noise", "1")
				u, _, err := n.Update(background, engine.Call{}, ref, engine.UpdateRequest{ID: fmt.Sprint(i), Name: "add", Args: history.Payload("1")}, time.Minute)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				counts[u.Status]++
			})
		}
		all.Wait()
		if counts[engine.UpdateCompleted] != 10 || counts[engine.UpdateRejected] != 15 {
			t.Errorf("%v", counts)
		}
	})
}

// TestUpdatesAreAnsweredBeforeARunGoesOn: the id is known to the next run.
func TestUpdatesAreAnsweredBeforeARunGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": accountCode}))
		first := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "a", Input: history.Payload(`"again"`)})
		ref := fsm.RunRef{WorkflowID: "a"}
		synctest.Wait()
		for _, name := range []string{"add", "end", "add", "end"} {
			u, _, err := n.Update(background, engine.Call{}, ref, engine.UpdateRequest{ID: "of " + name, Name: name, Args: history.Payload("4")}, time.Minute)
			if err != nil || u.Status != engine.UpdateCompleted || u.RunID != first.RunID {
				t.Fatalf("%s: %+v, %v", name, u, err)
			}
			synctest.Wait()
		}
		next := fsm.RunRef{WorkflowID: "a", RunID: n.Row(ref).RunID}
		if u, _, err := n.Update(background, engine.Call{}, next, engine.UpdateRequest{ID: "of add", Name: "add", Args: history.Payload("11")}, time.Minute); err != nil || u.Status != engine.UpdateRejected {
			t.Errorf("an id that another run knows, to this run alone: %+v, %v", u, err)
		}
		if on := n.Row(ref); on.RunID == first.RunID || !on.Status.Open() {
			t.Errorf("the newest run is %+v", on)
		}
	})
}
