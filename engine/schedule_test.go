package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// job is a workflow that says what it was given; slow is one that runs until it is told to go.
var jobs = enginetest.Code{
	"job":  "def run(ctx, input):\n    return input\n",
	"slow": "def run(ctx, input):\n    return ctx.signal(\"go\")\n",
}

// put makes a schedule, or changes one.
func put(t *testing.T, n *enginetest.Node, s fsm.Schedule) *fsm.ScheduleAnswer {
	t.Helper()
	_, ok := look(n, s.ID)
	answer, _, err := n.PutSchedule(background, engine.Call{}, s, ok)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func look(n *enginetest.Node, id string) (s fsm.Schedule, ok bool) {
	n.State.View(func(v fsm.View) { s, ok = v.Schedule(id) })
	return s, ok
}

// tally tells how a schedule stands in one line.
func tally(n *enginetest.Node, id string) string {
	s, _ := look(n, id)
	out := fmt.Sprintf("started %d skipped %d missed %d failed %d open %d", s.Started, s.Skipped, s.Missed, s.Failed, len(s.Open))
	if len(s.Buffered) > 0 {
		out += " waiting"
	}
	return out
}

// fired lists the times of the runs that a schedule started, oldest first, without their dates.
func fired(n *enginetest.Node, id string) string {
	var times []string
	n.State.View(func(v fsm.View) {
		runs, _ := v.ListRuns(fsm.RunFilter{}, 1000, "")
		for _, r := range runs {
			if at, ok := strings.CutPrefix(r.WorkflowID, id+":"); ok {
				if r.Schedule != id {
					panic(r.WorkflowID + " is not known as a run of " + id)
				}
				times = append([]string{strings.TrimSuffix(at[len("2000-01-01T"):], "Z")}, times...)
			}
		}
	})
	return strings.Join(times, " ")
}

// past lets time pass.
func past(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// A schedule fires at its times, each run on the version routed then, and is as pinned as any run.
func TestScheduleFires(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) { // it is 2000-01-01T00:00:00Z
		first := n.Deploy(enginetest.Pack(t, jobs))
		answer := put(t, n, fsm.Schedule{ID: "j", Type: "slow", Cron: "*/10 * * * *", Overlap: fsm.OverlapAllowAll, Input: history.Payload("1"),
			Attributes: history.Attributes{"team": history.Payload(`"a"`)}})
		equal(t, "first time", answer.Schedule.Next.String(), "2000-01-01T00:10:00Z")
		equal(t, "input", string(answer.Schedule.Input), "1")
		past(20*time.Minute + time.Second)
		equal(t, "fired", fired(n, "j"), "00:10:00 00:20:00")
		second := n.Deploy(enginetest.Pack(t, jobs, enginetest.Labels(map[string]string{"b": "2"}), enginetest.Module("x.star", "X = 1")))
		past(10 * time.Minute)
		for at, version := range map[string]string{"00:20:00": first.Package.Version.String(), "00:30:00": second.Package.Version.String()} {
			ref := fsm.RunRef{WorkflowID: "j:2000-01-01T" + at + "Z"}
			equal(t, "version of "+at, n.Row(ref).Version.String(), version)
			equal(t, "attribute of "+at, string(n.Row(ref).Attributes["team"]), `"a"`)
		}
		refused(t, unload(n, "slow", first), "version_pinned")
		for _, at := range []string{"00:10:00", "00:20:00", "00:30:00"} {
			n.Send(fsm.RunRef{WorkflowID: "j:2000-01-01T" + at + "Z"}, "go", `"done"`)
			equal(t, "outcome", n.Outcome(fsm.RunRef{WorkflowID: "j:2000-01-01T" + at + "Z"}), `completed "done"`)
		}
		equal(t, "tally", tally(n, "j"), "started 3 skipped 0 missed 0 failed 0 open 0")
		if err := unload(n, "slow", first); err != nil {
			t.Errorf("unload what nothing pins: %v", err)
		}
	})
}

func unload(n *enginetest.Node, typ string, l *fsm.LoadAnswer) error {
	_, _, err := n.Unload(background, engine.Call{}, fsm.UnloadVersion{Type: typ, Version: l.Package.Version.String()})
	return err
}
