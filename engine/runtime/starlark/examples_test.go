package starlark_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm/history"
)

const examples = "../../../docs/examples"

// example packs and compiles a project.
func example(t *testing.T, name string) (runtime.Program, *catalog.Archive) {
	t.Helper()
	built, err := project.Build(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := catalog.Open(built.Archive, catalog.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := starlark.Compiler{}.Compile(context.Background(), archive)
	if err != nil {
		t.Fatal(err)
	}
	return p, archive
}

// play runs a member of an example. It lets the events happen one by one, with a turn after each,
// and rebuilds the run after every turn, cut everywhere. It returns the run and what its last turn
// asked for.
func play(t *testing.T, name, typ, input string, events ...history.Data) (*runtimetest.World, string) {
	t.Helper()
	p, archive := example(t, name)
	for _, member := range archive.Members() {
		if member.Type != typ {
			continue
		}
		w := runtimetest.NewWorld(t, p, member, input, runtime.Limits{})
		step := w.Turn()
		for _, e := range events {
			for cut := range len(w.Turns) {
				w.Rebuild(cut).Close()
			}
			w.Resume()
			step = w.Turn(e)
		}
		return w, runtimetest.Show(t, step.Asked)
	}
	t.Fatalf("%s has no workflow type %s", name, typ)
	return nil, ""
}

func fired(id uint64) history.Data { return &history.TimerFired{ID: id} }
func signal(name, payload string) history.Data {
	return &history.SignalReceived{Name: name, Payload: history.Payload(payload)}
}
func charged(id uint64) history.Data { return &history.ActivityCompleted{ID: id} }
func done(id uint64, result string) history.Data {
	return &history.ChildWorkflowCompleted{ID: id, Result: history.Payload(result)}
}

func wants(t *testing.T, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestExampleOrder(t *testing.T) {
	const input = `{"id":"o","amount":100}`
	w, got := play(t, "order", "order", input, fired(1))
	wants(t, got, `TimerStarted {"id":2,"duration":"72h0m0s","signal":"approval"}`)
	if stage, err := w.Query("stage", ""); err != nil || string(stage) != `"awaiting approval"` {
		t.Errorf("stage is %s, %v", stage, err)
	}
	_, got = play(t, "order", "order", input, fired(1), signal("approval", `{"by":"Ada"}`), fired(3))
	wants(t, got, `WorkflowCompleted {"result":{"id":"o","code":"v1","total":105,"shipping":"flat rate","approved_by":"Ada"}}`)
	_, got = play(t, "order", "order", input, fired(1), fired(2))
	wants(t, got, `"message":"not approved in time"`)

	_, got = play(t, "order-v2", "order", input, fired(1), fired(2), signal("approval", `{"by":"Ada"}`), fired(4))
	wants(t, got, `WorkflowCompleted {"result":{"id":"o","code":"v2","total":100,"shipping":"free","approved_by":"Ada"}}`)

	v1, _ := example(t, "order")
	v2, _ := example(t, "order-v2")
	if v1.Version() == v2.Version() {
		t.Error("both orders have one version")
	}
}

// An order that began on version 1 cannot go on with the code of version 2. That is why runs keep
// their version.
func TestExampleOrderIsNotItsSuccessor(t *testing.T) {
	w, _ := play(t, "order", "order", `{"id":"o","amount":100}`, fired(1))
	p, archive := example(t, "order-v2")
	started := *w.Events[0].Data.(*history.WorkflowStarted)
	started.Version = archive.Version
	w.Config.Program, w.Events[0].Data = p, &started
	m := w.NewMachine()
	defer m.Close()
	err := m.Replay(context.Background(), w.Turns, w.Events)
	if err == nil {
		t.Fatal("version 2 has replayed a run of version 1")
	}
	wants(t, err.Error(), `recorded is TimerStarted {"id":1,"duration":"500ms"}, the code now asks for TimerStarted {"id":1,"duration":"200ms"} at order.star:`)
}

func TestExampleSubscription(t *testing.T) {
	const input = `{"plan":"basic","period":"10s"}`
	// Each round has a timer and two signal waits, and each period an activity. A change starts
	// another round of the same period.
	_, got := play(t, "subscription", "subscription", input, fired(1), charged(4), signal("change_plan", `"pro"`), fired(8), charged(11), signal("other", "1"), fired(12), charged(15))
	wants(t, got, `WorkflowContinuedAsNew {"input":{"customer":"w","plan":"pro","billed":3,"total":45,"period":"10s"},"carry":[`)
	_, got = play(t, "subscription", "subscription", input, fired(1), charged(4), signal("stop", "null"))
	wants(t, got, `WorkflowCompleted {"result":{"ended":"stopped","billed":1,"total":5}}`)
	_, got = play(t, "subscription", "subscription", input, fired(1), &history.ActivityFailed{ID: 4, Error: history.RunError{Kind: "card_declined"}})
	wants(t, got, `WorkflowCompleted {"result":{"ended":"unpaid","billed":0,"total":0}}`)
	// A signal that arrives together with the end of a period is not lost.
	p, archive := example(t, "subscription")
	w := runtimetest.NewWorld(t, p, archive.Members()[0], input, runtime.Limits{})
	w.Turn()
	wants(t, runtimetest.Show(t, w.Turn(fired(1), signal("change_plan", `"pro"`), signal("stop", "null")).Asked), `WorkflowCompleted {"result":{"ended":"stopped","billed":0,"total":0}}`)
}

func TestExampleFanout(t *testing.T) {
	w, got := play(t, "fanout", "fanout", `{"numbers":[1,2]}`, done(2, "4"), done(1, "1"), done(4, "1"), done(6, "16"),
		&history.ChildWorkflowFailed{ID: 7, Error: history.RunError{Kind: "failed", Message: "-1 is negative"}})
	wants(t, got, `WorkflowCompleted {"result":{"sum":5,"fastest":[1,1],"settled":[16,"-1 is negative"]}}`)
	if progress, err := w.Query("progress", ""); err != nil || string(progress) != `{"stage":"done","pieces":2}` {
		t.Errorf("progress is %s, %v", progress, err)
	}
	_, got = play(t, "fanout", "piece", `{"number":3}`, fired(1))
	wants(t, got, `WorkflowCompleted {"result":9}`)
	_, got = play(t, "fanout", "piece", `{"number":-3}`, fired(1))
	wants(t, got, `"message":"-3 is negative"`)
}

// Every example is a project that packs and compiles, and has a description.
func TestExamplesAreProjects(t *testing.T) {
	folders, err := os.ReadDir(examples)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !folder.IsDir() || folder.Name() == "workers" { // they carry out the activities of the other projects
			continue
		}
		example(t, folder.Name())
		if _, err := os.Stat(filepath.Join(examples, folder.Name(), "README.md")); err != nil {
			t.Error(err)
		}
	}
}
