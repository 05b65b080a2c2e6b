package engine_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// job is a workflow that returns its input; slow runs until a signal lets it end.
var jobs = enginetest.Code{
	"job":  "def run(ctx, input):\n    return input\n",
	"slow": "def run(ctx, input):\n    return ctx.signal(\"go\")\n",
}

// put creates a schedule, or changes one.
func put(t *testing.T, n *enginetest.Node, s rows.Schedule) *fsm.ScheduleAnswer {
	t.Helper()
	_, ok := look(n, s.ID)
	answer, _, err := n.PutSchedule(background, engine.Call{}, s, ok)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func look(n *enginetest.Node, id string) (s rows.Schedule, ok bool) {
	n.State.View(func(v fsm.View) { s, ok = v.Schedule(id) })
	return s, ok
}

// tally summarizes a schedule in one line.
func tally(n *enginetest.Node, id string) string {
	s, _ := look(n, id)
	out := fmt.Sprintf("started %d skipped %d missed %d failed %d open %d", s.Started, s.Skipped, s.Missed, s.Failed, len(s.Open))
	if len(s.Buffered) > 0 {
		out += " waiting"
	}
	return out
}

// fired lists the times of the runs that a schedule started, oldest first, without dates.
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

// A schedule fires at its times. Each run gets the version routed then, and pins it like any run.
func TestScheduleFires(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) { // it is 2000-01-01T00:00:00Z
		first := n.Deploy(enginetest.Pack(t, jobs))
		answer := put(t, n, rows.Schedule{ID: "j", Type: "slow", Cron: "*/10 * * * *", Overlap: rows.OverlapAllowAll, Input: history.Payload("1"),
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

func all() *rows.Overlap { return new(rows.OverlapAllowAll) }

// People pause, resume, trigger, back-fill, change and delete schedules.
func TestScheduleControl(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, jobs))
		call := func(key string) engine.Call {
			return engine.Call{Request: &fsm.Request{ID: key, Print: catalog.Digest{byte(len(key))}}}
		}
		must := func(a *fsm.ScheduleAnswer, _ engine.Answered, err error) *fsm.ScheduleAnswer {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		put(t, n, rows.Schedule{ID: "j", Type: "job", Every: history.Duration(time.Minute)})
		past(61 * time.Second)
		must(n.PauseSchedule(background, engine.Call{}, "j", "lunch"))
		past(2 * time.Minute)
		s, next, _, err := n.Schedule(background, engine.Read{}, "j")
		if err != nil || !s.Paused || s.Reason != "lunch" || len(next) != 0 {
			t.Errorf("a paused schedule: %+v %v %v", s, next, err)
		}

		// A paused schedule can be triggered; repeating the request has no further effect.
		a := must(n.TriggerSchedule(background, call("t1"), "j", nil))
		equal(t, "triggered", fmt.Sprintf("%d %s", len(a.Started), a.Started[0].WorkflowID), "1 j:2000-01-01T00:03:01Z")
		past(time.Second)
		again, said, err := n.TriggerSchedule(background, call("t1"), "j", nil)
		if err != nil || !said.Deduplicated || again.Started[0] != a.Started[0] {
			t.Errorf("the same trigger again: %+v %+v %v", again, said, err)
		}
		equal(t, "outcome", n.Outcome(fsm.RunRef{WorkflowID: a.Started[0].WorkflowID}), "completed null")

		// Times that passed during a pause are not made up for, unless somebody backfills them.
		past(30 * time.Second)
		a = must(n.ResumeSchedule(background, engine.Call{}, "j"))
		equal(t, "next after resuming", a.Schedule.Next.String(), "2000-01-01T00:04:00Z")
		past(time.Minute)
		equal(t, "tally", tally(n, "j"), "started 3 skipped 0 missed 0 failed 0 open 0")
		day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		a = must(n.BackfillSchedule(background, call("b1"), "j", day.Add(2*time.Minute), day.Add(4*time.Minute), nil))
		equal(t, "made up for", fmt.Sprintf("%d %s %s", len(a.Started), a.Started[0].WorkflowID, a.Started[1].WorkflowID), "2 j:2000-01-01T00:02:00Z j:2000-01-01T00:03:00Z")
		past(time.Second)

		// Backfill leaves future times to the schedule. It is no error if that leaves nothing to
		// do.
		a = must(n.BackfillSchedule(background, engine.Call{}, "j", day.Add(4*time.Minute+time.Second), day.Add(time.Hour), all()))
		equal(t, "made up for the future", len(a.Started), 0)
		_, _, err = n.BackfillSchedule(background, engine.Call{}, "j", day.Add(-1001*time.Minute), day.Add(time.Second), nil)
		if err = refused(t, err, "invalid_input"); !strings.Contains(err.Error(), "1000 times before 1999-12-31T23:59:00Z") {
			t.Errorf("too much to make up for: %v", err)
		}
		// A repeated request gets its first answer, although the schedule has changed since.
		put(t, n, rows.Schedule{ID: "j", Type: "slow", Every: history.Duration(time.Hour)})
		again, said, err = n.BackfillSchedule(background, call("b1"), "j", day.Add(2*time.Minute), day.Add(4*time.Minute), nil)
		if err != nil || !said.Deduplicated || len(again.Started) != 2 {
			t.Errorf("the same back-fill again: %+v %+v %v", again, said, err)
		}

		// Deleting a schedule leaves its runs alone.
		a = must(n.TriggerSchedule(background, engine.Call{}, "j", nil))
		must(n.DeleteSchedule(background, engine.Call{}, "j"))
		for name, err := range map[string]error{
			"pause":   second(n.PauseSchedule(background, engine.Call{}, "j", "")),
			"resume":  second(n.ResumeSchedule(background, engine.Call{}, "j")),
			"trigger": second(n.TriggerSchedule(background, engine.Call{}, "j", nil)),
			"delete":  second(n.DeleteSchedule(background, engine.Call{}, "j")),
			"replace": second(n.PutSchedule(background, engine.Call{}, rows.Schedule{ID: "j", Type: "job", Every: 1e9}, true)),
		} {
			equal(t, name+" what is gone", enginetest.CodeOf(err), "not_found")
		}
		_, _, _, err = n.Schedule(background, engine.Read{}, "j")
		refused(t, err, "not_found")
		past(2 * time.Hour)
		n.Send(fsm.RunRef{WorkflowID: a.Started[0].WorkflowID}, "go", "7")
		equal(t, "outcome of a run without its schedule", n.Outcome(fsm.RunRef{WorkflowID: a.Started[0].WorkflowID}), "completed 7")
	})
}

func second(_ *fsm.ScheduleAnswer, _ engine.Answered, err error) error { return err }

// If a schedule changes between the read and the entry, the engine notices: it does not fire or
// resume the old definition.
func TestScheduleChangedMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, jobs))
		def := rows.Schedule{ID: "j", Type: "job", Every: history.Duration(time.Minute), Paused: true, Input: history.Payload("1")}
		put(t, n, def)
		var once atomic.Bool
		between := func(f func()) {
			once.Store(false)
			n.Log.Inject(func(c fsm.Command) enginetest.Fault {
				switch c.(type) {
				case *fsm.ResumeSchedule, *fsm.FireSchedule:
					if once.CompareAndSwap(false, true) {
						f()
					}
				}
				return enginetest.None
			})
		}
		between(func() {
			def.Every, def.Input = history.Duration(time.Hour), history.Payload("2")
			put(t, n, def)
		})
		a, _, err := n.ResumeSchedule(background, engine.Call{}, "j")
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "next", a.Schedule.Next.String(), "2000-01-01T01:00:00Z")
		between(func() {
			def.Paused, def.Input = false, history.Payload("3")
			put(t, n, def)
		})
		if a, _, err = n.TriggerSchedule(background, engine.Call{}, "j", nil); err != nil {
			t.Fatal(err)
		}
		equal(t, "outcome", n.Outcome(fsm.RunRef{WorkflowID: a.Started[0].WorkflowID}), "completed 3")

		// The schedule is paused at the moment at which it fires, so it must not fire.
		between(func() {
			if _, _, err := n.PauseSchedule(background, engine.Call{}, "j", ""); err != nil {
				t.Error(err)
			}
		})
		past(61 * time.Minute)
		equal(t, "tally", tally(n, "j"), "started 1 skipped 0 missed 0 failed 0 open 0")
	})
}

func TestScheduleRefusals(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, jobs, enginetest.InputSchema("job", `{"type":"number"}`)))
		good := rows.Schedule{ID: "j", Type: "job", Every: 1e9, Input: history.Payload("1")}
		for name, c := range map[string]struct {
			change func(*rows.Schedule)
			field  string
		}{
			"no id":             {func(s *rows.Schedule) { s.ID = "" }, "schedule_id"},
			"an id of dots":     {func(s *rows.Schedule) { s.ID = "..." }, "schedule_id"},
			"a long id":         {func(s *rows.Schedule) { s.ID = strings.Repeat("x", 151) }, "schedule_id"},
			"no type":           {func(s *rows.Schedule) { s.Type = "" }, "type"},
			"no JSON":           {func(s *rows.Schedule) { s.Input = history.Payload("{") }, "input"},
			"a large input":     {func(s *rows.Schedule) { s.Input = history.Payload(`"` + strings.Repeat("x", 2<<20) + `"`) }, "input"},
			"a misfit":          {func(s *rows.Schedule) { s.Input = history.Payload(`"x"`) }, "does not fit"},
			"attributes":        {func(s *rows.Schedule) { s.Attributes = history.Attributes{"a": history.Payload("{}")} }, "attributes.a"},
			"no time":           {func(s *rows.Schedule) { s.Every = 0 }, "every"},
			"no time that is":   {func(s *rows.Schedule) { s.Every, s.Cron = 0, "0 0 30 2 *" }, "no time matches"},
			"overlap":           {func(s *rows.Schedule) { s.Overlap = 6 }, "overlap"},
			"a long jitter":     {func(s *rows.Schedule) { s.Jitter = 2e9 }, "jitter"},
			"a negative jitter": {func(s *rows.Schedule) { s.Jitter = -1 }, "jitter"},
			"a jitter of days":  {func(s *rows.Schedule) { s.Every, s.Cron, s.Jitter = 0, "@daily", 25*3600e9 }, "jitter"},
			"an end that was":   {func(s *rows.Schedule) { s.EndsAt = 1 }, "ends_at"},
			"an end before":     {func(s *rows.Schedule) { s.EndsAt = -1 }, "ends_at"},
			"catch up":          {func(s *rows.Schedule) { s.CatchUp = 3 }, "catch_up"},
			"a long reason":     {func(s *rows.Schedule) { s.Reason = strings.Repeat("x", 1025) }, "reason"},
			"a reason in bytes": {func(s *rows.Schedule) { s.Reason = "\xff" }, "reason"},
		} {
			s := good
			c.change(&s)
			err := second(n.PutSchedule(background, engine.Call{}, s, false))
			if enginetest.CodeOf(err) != "invalid_input" || !strings.Contains(err.Error(), c.field) {
				t.Errorf("%s: got %v, want invalid_input naming %s", name, err, c.field)
			}
		}
		put(t, n, good)
		refused(t, second(n.PutSchedule(background, engine.Call{}, good, false)), "invalid_state")
		unrouted := good
		unrouted.ID, unrouted.Type, unrouted.Input = "k", "later", history.Payload(`"x"`)
		put(t, n, unrouted) // there is no schema to check against yet
		odd := rows.Overlap(9)
		day := time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)
		for name, err := range map[string]error{
			"overlap of a trigger":   second(n.TriggerSchedule(background, engine.Call{}, "j", &odd)),
			"overlap of a back-fill": second(n.BackfillSchedule(background, engine.Call{}, "j", day, day.Add(1), &odd)),
			"nothing to back-fill":   second(n.BackfillSchedule(background, engine.Call{}, "j", day, day, nil)),
			"back before 1970":       second(n.BackfillSchedule(background, engine.Call{}, "j", time.Time{}, day, nil)),
			"to the end of time":     second(n.BackfillSchedule(background, engine.Call{}, "j", day, day.AddDate(500, 0, 0), nil)),
			"too much to back-fill":  second(n.BackfillSchedule(background, engine.Call{}, "j", day, day.Add(1001*time.Second), nil)),
			"no id to pause":         second(n.PauseSchedule(background, engine.Call{}, "", "")),
			"a long reason":          second(n.PauseSchedule(background, engine.Call{}, "j", strings.Repeat("x", 1025))),
			"no id to delete":        second(n.DeleteSchedule(background, engine.Call{}, "/")),
			"no id to trigger":       second(n.TriggerSchedule(background, engine.Call{}, "", nil)),
		} {
			equal(t, name, enginetest.CodeOf(err), "invalid_input")
		}
	})
}

// Schedules are listed by id, page by page.
func TestScheduleList(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, jobs))
		for _, id := range []string{"c", "a", "d", "b"} {
			put(t, n, rows.Schedule{ID: id, Type: "job", Cron: "30 2 * * 1-5", Timezone: "Europe/Berlin", Input: history.Payload(`"` + strings.Repeat(id, 1<<20) + `"`)})
		}
		var pages []string
		for cursor, more := "", true; more; more = cursor != "" {
			page, next, index, err := n.Schedules(background, engine.Read{}, 3, cursor)
			if err != nil || index == 0 {
				t.Fatal(index, err)
			}
			ids := ""
			for _, s := range page {
				ids += s.ID
			}
			pages, cursor = append(pages, ids), next
		}
		equal(t, "pages", strings.Join(pages, " "), "abc d")
		s, next, _, err := n.Schedule(background, engine.Read{}, "a")
		if err != nil || len(s.Input) != 1<<20+2 {
			t.Fatal(len(s.Input), err)
		}
		equal(t, "next times", fmt.Sprint(next), "[2000-01-03 01:30:00 +0000 UTC 2000-01-04 01:30:00 +0000 UTC 2000-01-05 01:30:00 +0000 UTC 2000-01-06 01:30:00 +0000 UTC 2000-01-07 01:30:00 +0000 UTC]")
		for _, bad := range []struct {
			limit  int
			cursor string
		}{{-1, ""}, {engine.MaxPage + 1, ""}, {1, "/"}} {
			_, _, _, err := n.Schedules(background, engine.Read{}, bad.limit, bad.cursor)
			refused(t, err, "invalid_input")
		}
	})
}

// A reopened run overlaps with the fires of its schedule, and so does one that continues as new.
func TestScheduleKnowsItsRuns(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"loop": `
def run(ctx, input):
    if ctx.signal("next") == "fail":
        fail("as told")
    ctx.continue_as_new(input)
`}))
		put(t, n, rows.Schedule{ID: "j", Type: "loop", Every: history.Duration(time.Minute), Overlap: rows.OverlapSkip})
		past(61 * time.Second)
		first := fsm.RunRef{WorkflowID: "j:2000-01-01T00:01:00Z"}
		n.Send(first, "next", `"on"`)
		past(time.Minute)
		equal(t, "tally of one that went on", tally(n, "j"), "started 1 skipped 1 missed 0 failed 0 open 1")
		equal(t, "schedule of the run that went on", n.Row(first).Schedule, "j")
		n.Send(first, "next", `"fail"`)
		past(time.Second)
		equal(t, "tally of one that failed", tally(n, "j"), "started 1 skipped 1 missed 0 failed 0 open 0")
		if _, _, err := n.Reopen(background, engine.Call{}, first, ""); err != nil {
			t.Fatal(err)
		}
		past(2 * time.Minute)
		equal(t, "tally of one that was opened again", tally(n, "j"), "started 2 skipped 2 missed 0 failed 0 open 1")
	})
}
