package engine_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// A bubble begins at 2000-01-01T00:00:00Z.

// A leader change, a restart and a lost answer neither lose a fire nor make it twice.
func TestScheduleFailover(t *testing.T) {
	const want = "00:01:00 00:02:00 00:03:00 00:04:00 00:05:00"
	run := func(name string, disturb func(n *enginetest.Node)) {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(enginetest.Pack(t, jobs))
				put(t, n, rows.Schedule{ID: "j", Type: "job", Every: history.Duration(time.Minute), CatchUp: rows.CatchUpNone})
				disturb(n)
				past(time.Until(time.Date(2000, 1, 1, 0, 5, 10, 0, time.UTC)))
				equal(t, "fired", fired(n, "j"), want)
				equal(t, "tally", tally(n, "j"), "started 5 skipped 0 missed 0 failed 0 open 0")
			})
		})
	}
	run("another leader in between", func(n *enginetest.Node) {
		past(90 * time.Second)
		n.Depose()
		past(20 * time.Second)
		n.Elect()
	})
	run("another leader, 9 seconds late", func(n *enginetest.Node) {
		past(119 * time.Second)
		n.Depose()
		past(10 * time.Second)
		n.Elect()
	})
	run("restart", func(n *enginetest.Node) {
		past(125 * time.Second)
		n.Restart()
	})
	for _, fault := range []enginetest.Fault{enginetest.NotLeader, enginetest.UnknownDone, enginetest.UnknownLost} {
		for nth := range int64(3) {
			run(fmt.Sprintf("fault %d at fire %d", fault, nth+1), func(n *enginetest.Node) {
				var fires atomic.Int64
				n.Log.Inject(func(c fsm.Command) enginetest.Fault {
					if _, ok := c.(*fsm.FireSchedule); ok && fires.Add(1) == nth+1 {
						return fault
					}
					return enginetest.None
				})
			})
		}
	}
}

// What a schedule does about times at which there was no leader.
func TestScheduleCatchUp(t *testing.T) {
	for _, c := range []struct {
		name    string
		policy  rows.CatchUp
		away    time.Duration
		want    string
		tallied string
	}{
		{"one", rows.CatchUpOne, 5 * time.Minute, "00:01:00 00:06:00 00:07:00", "started 3 skipped 0 missed 4 failed 0 open 0"},
		{"none", rows.CatchUpNone, 5 * time.Minute, "00:01:00 00:07:00", "started 2 skipped 0 missed 5 failed 0 open 0"},
		{"all", rows.CatchUpAll, 5 * time.Minute, "00:01:00 00:02:00 00:03:00 00:04:00 00:05:00 00:06:00 00:07:00", "started 7 skipped 0 missed 0 failed 0 open 0"},
		{"none, the latest on time", rows.CatchUpNone, 4*time.Minute + 35*time.Second, "00:01:00 00:06:00 00:07:00", "started 3 skipped 0 missed 4 failed 0 open 0"},
		{"one, the latest on time", rows.CatchUpOne, 4*time.Minute + 35*time.Second, "00:01:00 00:05:00 00:06:00 00:07:00", "started 4 skipped 0 missed 3 failed 0 open 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(enginetest.Pack(t, jobs))
				put(t, n, rows.Schedule{ID: "j", Type: "job", Every: history.Duration(time.Minute), CatchUp: c.policy, Overlap: rows.OverlapAllowAll})
				past(90 * time.Second)
				n.Crash()
				past(c.away)
				n.Restart()
				past(time.Until(time.Date(2000, 1, 1, 0, 7, 10, 0, time.UTC)))
				equal(t, "fired", fired(n, "j"), c.want)
				equal(t, "tally", tally(n, "j"), c.tallied)
			})
		})
	}
}

// A long absence is handled in several commands, and CatchUpAll does not go back forever.
func TestScheduleLongAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := enginetest.NewFast(t)
		n.Deploy(enginetest.Pack(t, jobs))
		put(t, n, rows.Schedule{ID: "one", Type: "job", Cron: "* * * * * *"})
		put(t, n, rows.Schedule{ID: "all", Type: "slow", Every: history.Duration(time.Minute), CatchUp: rows.CatchUpAll, Overlap: rows.OverlapAllowAll})
		n.Crash()
		const away = 24 * time.Hour
		past(away)
		n.Restart()
		past(500 * time.Millisecond)
		equal(t, "tally of one", tally(n, "one"), fmt.Sprintf("started 1 skipped 10 missed %d failed 0 open 0", int(away.Seconds())-11)) // 10 were on time
		equal(t, "tally of all", tally(n, "all"), fmt.Sprintf("started 1000 skipped %d missed 0 failed 0 open 1000", int(away.Minutes())-1000))
	})
}

// What a schedule does if a run is still open.
func TestScheduleOverlap(t *testing.T) {
	for _, c := range []struct {
		name    string
		policy  rows.Overlap
		tallied string
		then    string // after the first run has ended
		fired   string
	}{
		{"skip", rows.OverlapSkip, "started 1 skipped 2 missed 0 failed 0 open 1", "started 1 skipped 2 missed 0 failed 0 open 0", "00:01:00"},
		{"buffer one", rows.OverlapBufferOne, "started 1 skipped 1 missed 0 failed 0 open 1 waiting", "started 2 skipped 1 missed 0 failed 0 open 1", "00:01:00 00:02:00"},
		{"buffer all", rows.OverlapBufferAll, "started 1 skipped 0 missed 0 failed 0 open 1 waiting", "started 2 skipped 0 missed 0 failed 0 open 1 waiting", "00:01:00 00:02:00"},
		{"allow all", rows.OverlapAllowAll, "started 3 skipped 0 missed 0 failed 0 open 3", "started 3 skipped 0 missed 0 failed 0 open 2", "00:01:00 00:02:00 00:03:00"},
		{"cancel previous", rows.OverlapCancelPrevious, "started 3 skipped 0 missed 0 failed 0 open 1", "", "00:01:00 00:02:00 00:03:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(enginetest.Pack(t, jobs))
				put(t, n, rows.Schedule{ID: "j", Type: "slow", Every: history.Duration(time.Minute), Overlap: c.policy})
				past(3*time.Minute + time.Second)
				equal(t, "tally", tally(n, "j"), c.tallied)
				first := fsm.RunRef{WorkflowID: "j:2000-01-01T00:01:00Z"}
				if c.then == "" {
					equal(t, "outcome of the first", n.Outcome(first), "cancelled cancelled: schedule j fired again")
				} else {
					n.Send(first, "go", "1")
					n.Await(first)
					past(time.Second)
					equal(t, "tally then", tally(n, "j"), c.then)
				}
				equal(t, "fired", fired(n, "j"), c.fired)
			})
		})
	}
}

// What ends a schedule: so many fires, a time, or a run that fails.
func TestScheduleEnds(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"job": jobs["job"], "bad": "def run(ctx, input):\n    fail(\"no\")\n"}))
		every := history.Duration(time.Minute)
		put(t, n, rows.Schedule{ID: "twice", Type: "job", Every: every, Fires: 2})
		put(t, n, rows.Schedule{ID: "until", Type: "job", Every: every, EndsAt: history.At(time.Date(2000, 1, 1, 0, 3, 0, 0, time.UTC))})
		put(t, n, rows.Schedule{ID: "strict", Type: "bad", Every: every, PauseOnFailure: true})
		if _, next, _, err := n.Schedule(background, engine.Read{}, "twice"); err != nil || len(next) != 2 {
			t.Errorf("it fires twice, and is shown with %v, %v", next, err)
		}
		past(5*time.Minute + time.Second)
		equal(t, "fired twice", fired(n, "twice"), "00:01:00 00:02:00")
		equal(t, "fired until its end, which counts", fired(n, "until"), "00:01:00 00:02:00 00:03:00")
		equal(t, "fired until a run failed", fired(n, "strict"), "00:01:00")
		if s, _ := look(n, "strict"); !s.Paused || s.Reason != "run strict:2000-01-01T00:01:00Z ended as failed" {
			t.Errorf("after a failure: %+v", s)
		}
		if s, _ := look(n, "twice"); s.Fired != 2 || s.Next != 0 || s.Paused {
			t.Errorf("after all its fires: %+v", s)
		}

		// Pausing, resuming and triggering begin no new count; another number does.
		for _, err := range []error{
			second(n.PauseSchedule(background, engine.Call{}, "twice", "")), second(n.ResumeSchedule(background, engine.Call{}, "twice")), second(n.TriggerSchedule(background, engine.Call{}, "twice", nil)),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		past(2 * time.Minute)
		equal(t, "fired and triggered", fired(n, "twice"), "00:01:00 00:02:00 00:05:01")
		put(t, n, rows.Schedule{ID: "twice", Type: "job", Every: every, Fires: 1})
		past(3 * time.Minute)
		equal(t, "fired once more", fired(n, "twice"), "00:01:00 00:02:00 00:05:01 00:08:00")
		if err := second(n.ResumeSchedule(background, engine.Call{}, "strict")); err != nil {
			t.Fatal(err)
		}
		past(2 * time.Minute)
		equal(t, "resumed, it is paused again", fired(n, "strict"), "00:01:00 00:11:00")
	})
}

// A fire comes within its jitter, at a moment of its own that a change of leader does not move.
func TestScheduleJitter(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, jobs))
		put(t, n, rows.Schedule{ID: "j", Type: "job", Every: history.Duration(time.Minute), Jitter: history.Duration(50 * time.Second)})
		moments := map[time.Duration]bool{}
		for i := range 10 {
			s, _ := look(n, "j")
			late := s.DueAt(s.Next).Sub(s.Next)
			if late < 0 || late >= 50*time.Second {
				t.Fatalf("fires %s after its time", late)
			}
			moments[late] = true
			past(time.Until(s.DueAt(s.Next).Std()) - time.Millisecond)
			if now, _ := look(n, "j"); now.Next != s.Next {
				t.Fatalf("fired for %s before %s", s.Next, s.DueAt(s.Next))
			}
			if i%2 == 0 {
				n.Depose()
				n.Elect()
			}
			past(100 * time.Millisecond)
			if now, _ := look(n, "j"); now.Last != s.Next {
				t.Fatalf("did not fire for %s at %s", s.Next, s.DueAt(s.Next))
			}
		}
		if len(moments) < 8 {
			t.Errorf("ten fires come at %d moments after their times", len(moments))
		}
	})
}

// A run that takes time to end after its cancellation delays the next fire; of several that wait,
// the newest starts.
func TestScheduleCancelsWithPatience(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"tidy": `
def run(ctx, input):
    f = ctx.start_timer("10h")
    if not f.outcome().ok:
        ctx.sleep("150s")
    return "tidied"
`}))
		put(t, n, rows.Schedule{ID: "j", Type: "tidy", Every: history.Duration(time.Minute), Overlap: rows.OverlapCancelPrevious})
		past(4*time.Minute + 20*time.Second)
		equal(t, "fired", fired(n, "j"), "00:01:00")
		equal(t, "tally", tally(n, "j"), "started 1 skipped 2 missed 0 failed 0 open 1 waiting")
		past(20 * time.Second)
		equal(t, "fired after it had tidied up", fired(n, "j"), "00:01:00 00:04:00")
		equal(t, "outcome", n.Outcome(fsm.RunRef{WorkflowID: "j:2000-01-01T00:01:00Z"}), `completed "tidied"`)
	})
}

// Fires that cannot start a run are counted with the reason, and later ones still fire.
func TestScheduleFailures(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		put(t, n, rows.Schedule{ID: "j", Type: "job", Every: history.Duration(time.Minute), Input: history.Payload(`{"n":1}`)})
		failure := func(want, about string) {
			t.Helper()
			past(time.Minute)
			s, _ := look(n, "j")
			if s.Failure == nil || s.Failure.Kind != want || !strings.Contains(s.Failure.Message, about) {
				t.Errorf("failure %v, want %s about %q", s.Failure, want, about)
			}
		}
		past(10 * time.Second)
		failure("unknown_workflow_type", "job")
		n.Deploy(enginetest.Pack(t, jobs, enginetest.InputSchema("job", `{"required":["m"]}`)))
		failure("invalid_input", "'m'")
		n.Deploy(enginetest.Pack(t, jobs, enginetest.InputSchema("job", `{"required":["n"]}`)))
		past(time.Minute)
		equal(t, "tally", tally(n, "j"), "started 1 skipped 0 missed 0 failed 2 open 0")
		n.BeginWith(engine.StartRequest{Type: "slow", WorkflowID: "j:2000-01-01T00:04:00Z"})
		failure("already_running", "j:2000-01-01T00:04:00Z")
		past(time.Minute)
		equal(t, "tally at the end", tally(n, "j"), "started 2 skipped 0 missed 0 failed 3 open 0")
	})
}

// The route moves to a version with another schema while a fire is in flight, or while one is
// buffered: the input is checked against the schema of the version that the run starts on.
func TestScheduleRechecks(t *testing.T) {
	strict := func(t *testing.T) []byte {
		return enginetest.Pack(t, jobs, enginetest.InputSchema("slow", `{"required":["n"]}`))
	}
	t.Run("on its way", func(t *testing.T) {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			n.Deploy(enginetest.Pack(t, jobs))
			put(t, n, rows.Schedule{ID: "j", Type: "slow", Every: history.Duration(time.Minute), Input: history.Payload(`{"n":1}`)})
			archive := strict(t)
			var once atomic.Bool
			n.Log.Inject(func(c fsm.Command) enginetest.Fault {
				if _, ok := c.(*fsm.FireSchedule); ok && once.CompareAndSwap(false, true) {
					n.Deploy(archive)
				}
				return enginetest.None
			})
			past(61 * time.Second)
			equal(t, "tally", tally(n, "j"), "started 1 skipped 0 missed 0 failed 0 open 1")
		})
	})
	for name, c := range map[string]struct{ input, want string }{
		"waiting":         {`{"n":1}`, "started 2 skipped 0 missed 0 failed 0 open 1"},
		"waiting, misfit": {`{"m":1}`, "started 1 skipped 0 missed 0 failed 1 open 0"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(enginetest.Pack(t, jobs))
				put(t, n, rows.Schedule{ID: "j", Type: "slow", Every: history.Duration(time.Minute), Input: history.Payload(c.input), Overlap: rows.OverlapBufferOne})
				past(121 * time.Second)
				n.Deploy(strict(t))
				n.Send(fsm.RunRef{WorkflowID: "j:2000-01-01T00:01:00Z"}, "go", "1")
				past(time.Second)
				equal(t, "tally", tally(n, "j"), c.want)
			})
		})
	}
}

// A schema that cannot be read delays the schedules that need it, and no others.
func TestScheduleWithoutSchema(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, jobs, enginetest.InputSchema("job", `{"type":"null"}`)))
		put(t, n, rows.Schedule{ID: "a", Type: "job", Every: history.Duration(time.Minute)})
		put(t, n, rows.Schedule{ID: "b", Type: "slow", Every: history.Duration(time.Minute), Overlap: rows.OverlapAllowAll})
		n.Restart() // and forgets the schema
		n.Blobs.Hide(true)
		past(2*time.Minute + time.Second)
		equal(t, "tally of a", tally(n, "a"), "started 0 skipped 0 missed 0 failed 0 open 0")
		equal(t, "tally of b", tally(n, "b"), "started 2 skipped 0 missed 0 failed 0 open 2")
		n.Blobs.Hide(false)
		past(2 * time.Second)
		equal(t, "tally of a then", tally(n, "a"), "started 1 skipped 1 missed 0 failed 0 open 0") // one late, one on time
	})
}
