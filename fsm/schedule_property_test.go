package fsm

import (
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// TestScheduleProperty fires schedules in all ways while their runs close in all ways, versions
// with other schemas are routed and people change the schedules. The state machine checks its
// invariants after every entry; this checks that no fire is lost or counted twice, and that no two
// runs are open but where the policy says so.
func TestScheduleProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer w.s.Close()
		w.budget = rapid.SampledFrom([]uint64{EntryBudget, EntryBudget, 60, 1}).Draw(rt, "budget") // small ones have no room for some fires
		g := &gambler{w: w, t: rt, versions: []string{"v1", "v2"}, types: []string{"order"}, ids: []string{"a"}}
		w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
		v2 := pack("v2", "order")
		v2.Members[0].InputSchema = catalog.Digest(versionOf("s1"))
		w.do(&LoadPackage{Package: v2})
		books := map[string]*book{}
		for range rapid.IntRange(5, 60).Draw(rt, "entries") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 5).Draw(rt, "seconds")) * time.Second)
			var e []Envelope
			for range rapid.IntRange(1, 3).Draw(rt, "commands") {
				e = append(e, Envelope{Command: g.scheduleCommand("order")})
			}
			for i, r := range w.propose(e...) {
				keep(books, e[i].Command, r)
			}
			w.view(func(v View) {
				for id, b := range books {
					s, ok := v.Schedule(id)
					if !ok {
						rt.Fatalf("schedule %s is gone", id)
					}
					if counted := s.Started + s.Skipped + s.Missed + s.Failed + uint64(len(s.Buffered)); counted > b.fires || counted < b.fires && !b.bounded {
						rt.Fatalf("schedule %s was fired %d times, and counts %d: %s", id, b.fires, counted, saySchedule(&s))
					}
					if !b.loose && len(s.Open) > 1 {
						rt.Fatalf("schedule %s has several runs open: %s", id, saySchedule(&s))
					}
				}
			})
		}
		w.checkReplay(rapid.SampledFrom(replays).Draw(rt, "replay"))
	})
}

// book is what was asked of one schedule since it was made.
type book struct {
	fires uint64
	loose bool // runs were allowed beside each other

	bounded bool // it fires so often and no more
}

func keep(books map[string]*book, c Command, r Result) {
	if r.Refusal != nil {
		return
	}
	switch c := c.(type) {
	case *PutSchedule:
		if !c.Replace {
			books[c.Schedule.ID] = &book{}
		}
		if c.Schedule.Overlap == rows.OverlapAllowAll {
			books[c.Schedule.ID].loose = true
		}
		if c.Schedule.Fires > 0 {
			books[c.Schedule.ID].bounded = true
		}
	case *DeleteSchedule:
		delete(books, c.ID)
	case *FireSchedule:
		b := books[c.ID]
		b.fires += uint64(len(c.Times)) + c.Missed
		if c.Overlap != nil && *c.Overlap == rows.OverlapAllowAll {
			b.loose = true
		}
	}
}

// scheduleCommand draws a command on a schedule or on one of its runs.
func (g *gambler) scheduleCommand(typ string) Command {
	id := g.one("schedule", []string{"s1", "s2"})
	overlap := rows.Overlap(rapid.IntRange(0, 5).Draw(g.t, "overlap"))
	var s rows.Schedule
	var runs []rows.Run
	g.w.view(func(v View) {
		s, _ = v.Schedule(id)
		page, _ := v.ListRuns(RunFilter{}, 50, "")
		for _, r := range page {
			if r.Schedule == id && r.Status.Open() {
				runs = append(runs, r)
			}
		}
	})
	due := func(name string) history.Time {
		return g.w.now.Add(time.Duration(rapid.IntRange(-3, 3).Draw(g.t, name)) * time.Second)
	}
	switch rapid.IntRange(0, 15).Draw(g.t, "schedule command") {
	case 0, 1:
		c := &PutSchedule{Replace: s.ID != "" && g.coin("replace"), Apart: g.coin("apart"), Schedule: rows.Schedule{ID: id, Type: typ, Every: 1e9, Overlap: overlap, Next: due("next"), Paused: rapid.IntRange(0, 4).Draw(g.t, "paused") == 0}}
		if g.coin("bounded") {
			c.Schedule.Fires = rapid.Uint64Range(0, 4).Draw(g.t, "fires")
			c.Schedule.Jitter = history.Duration(rapid.IntRange(0, 3).Draw(g.t, "jitter")) * 1e9
			c.Schedule.PauseOnFailure = g.coin("pause on failure")
			c.Schedule.Also = make([]rows.Timing, rapid.IntRange(0, 2).Draw(g.t, "also"))
			if c.Schedule.Fills = g.coin("fills"); c.Schedule.Fills {
				c.Schedule.Input = history.Payload(`"{{fire_time}} {{fire_time}}"`)
			}
		}
		return c
	case 2:
		return &PauseSchedule{ID: id}
	case 3:
		return &ResumeSchedule{ID: id, Next: due("next"), Revision: s.Revision}
	case 4:
		if g.coin("delete") {
			return &DeleteSchedule{ID: id}
		}
		return &RouteType{Type: typ, Version: versionOf(g.one("version", g.versions)).String()}
	case 5:
		return &RouteType{Type: typ, Version: versionOf(g.one("version", g.versions)).String()}
	case 6, 7, 8:
		if len(runs) > 0 {
			return g.endRun(runs[rapid.IntRange(0, len(runs)-1).Draw(g.t, "run")])
		}
	}
	c := &FireSchedule{ID: id, Apart: g.coin("apart")}
	if g.coin("checked") {
		c.CheckedSchema = catalog.Digest(versionOf("s1"))
	}
	if g.coin("fenced") {
		c.Revision = s.Revision
	}
	if rapid.IntRange(0, 9).Draw(g.t, "unfit") == 0 {
		c.Problem = "it does not fit"
	}
	if g.coin("trigger") {
		c.Overlap = &overlap
	} else {
		c.Due, c.Next = s.Next, max(s.Next, g.w.now).Add(2*time.Second)
		c.Missed = rapid.Uint64Range(0, 2).Draw(g.t, "missed")
	}
	for range rapid.IntRange(0, 3).Draw(g.t, "times") {
		c.Times = append(c.Times, due("time"))
	}
	return c
}

// endRun draws what may close a run of a schedule.
func (g *gambler) endRun(r rows.Run) Command {
	ref := RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}
	turn := &RecordTurn{RunID: r.RunID, N: r.Turns + 1, Through: r.Events}
	switch rapid.IntRange(0, 4).Draw(g.t, "end") {
	case 0:
		return &TerminateRun{Run: ref}
	case 1:
		return &CancelRun{Run: ref}
	case 2:
		turn.Asked = []history.Event{{Data: &history.WorkflowContinuedAsNew{}}}
	case 3:
		turn.Asked = []history.Event{{Data: &history.WorkflowFailed{Error: history.RunError{Kind: "x"}}}}
	default:
		turn.Asked = []history.Event{{Data: &history.WorkflowCompleted{}}}
	}
	return turn
}

// TestScheduleLimits: what a schedule may hold, and a cluster of schedules.
func TestScheduleLimits(t *testing.T) {
	w := newWorld(t)
	w.s.cfg.Check = nil
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&PutSchedule{Schedule: rows.Schedule{ID: "s", Type: "order", Every: 1e9, Overlap: rows.OverlapAllowAll}})
	times := func(n int) (list []history.Time) {
		for i := range n {
			list = append(list, w.now.Add(-time.Duration(i+1)*time.Second))
		}
		return list
	}
	w.refused(&FireSchedule{ID: "s", Times: times(MaxFires + 1)}, "resource_exhausted")
	a := w.do(&FireSchedule{ID: "s", Times: times(MaxFires)}).(*ScheduleAnswer)
	if len(a.Started) != MaxFires || len(a.Schedule.Open) != maxOpenRuns || len(a.Schedule.Recent) != maxRecentRuns {
		t.Fatalf("started %d, %d open, %d recent", len(a.Started), len(a.Schedule.Open), len(a.Schedule.Recent))
	}
	w.now = w.now.Add(time.Minute)
	a = w.do(&FireSchedule{ID: "s", Times: times(3)}).(*ScheduleAnswer)
	if a.Schedule.Skipped != 3 || len(a.Started) != 0 {
		t.Errorf("a fire beside %d open runs: %s", maxOpenRuns, saySchedule(&a.Schedule))
	}

	large := rows.Schedule{ID: "l", Type: "order", Every: 1e9, Input: make(history.Payload, 2<<20), Attributes: history.Attributes{"a": history.Payload("1")}}
	if n := FiresAtOnce(&large); n != 3 {
		t.Errorf("%d fires at once with an input of 2 MiB", n)
	}
	a = w.do(&PutSchedule{Schedule: large}).(*ScheduleAnswer)
	if a.Schedule.Input != nil || a.Schedule.Attributes != nil {
		t.Errorf("an answer holds what may be large, and is remembered: %d bytes", len(a.Schedule.Input))
	}
	refusal := w.refused(&FireSchedule{ID: "l", Times: times(4)}, "resource_exhausted").(*ResourceExhausted)
	if refusal.Limit != 3 {
		t.Errorf("the refusal says %d", refusal.Limit)
	}
	w.do(&PutSchedule{Schedule: rows.Schedule{ID: "m", Type: "order", Input: make(history.Payload, 3<<20)}})
	w.view(func(v View) {
		if page := v.Schedules("", 10); len(page) != 2 || page[0].ID != "l" || len(page[0].Input) != 2<<20 {
			t.Errorf("a page of %d schedules", len(page))
		}
		if page := v.Schedules("m", 10); len(page) != 1 || page[0].ID != "s" {
			t.Errorf("the next page has %d schedules", len(page))
		}
	})
	for name, c := range map[string]Command{
		"reason":   &PauseSchedule{ID: "s", Reason: string(make([]byte, maxText+1))},
		"problem":  &FireSchedule{ID: "s", Problem: string(make([]byte, maxText+1))},
		"overlap":  &PutSchedule{Schedule: rows.Schedule{ID: "x", Overlap: 6}},
		"overlaps": &FireSchedule{ID: "s", Overlap: new(rows.Overlap(6))},
		"next":     &PutSchedule{Schedule: rows.Schedule{ID: "x", Next: -1}},
		"nothing":  &PutSchedule{},
		"back":     &FireSchedule{ID: "s", Next: -1},
	} {
		t.Run(name, func(t *testing.T) { w.refused(c, "invalid_input") })
	}
	if err := Audit(w.s); err != nil {
		t.Error(err)
	}
}

// TestMostSchedules: a cluster holds so many and no more; those that are due are found in order.
func TestMostSchedules(t *testing.T) {
	w := newWorld(t)
	w.s.cfg.Check = nil
	var batch []Envelope
	for i := range MaxSchedules {
		batch = append(batch, Envelope{Command: &PutSchedule{Schedule: rows.Schedule{ID: fmt.Sprintf("s%05d", i), Type: "order", Every: 1e9, Next: w.now.Add(time.Duration(i%100) * time.Second)}}})
		if len(batch) == 1000 {
			w.propose(batch...)
			batch = nil
		}
	}
	refusal := w.refused(&PutSchedule{Schedule: rows.Schedule{ID: "t", Type: "order"}}, "resource_exhausted").(*ResourceExhausted)
	if refusal.Limit != MaxSchedules {
		t.Errorf("the refusal says %d", refusal.Limit)
	}
	w.view(func(v View) {
		due := v.DueSchedules(w.now, MaxSchedules)
		if len(due) != MaxSchedules/100 || due[0] != "s00000" || due[1] != "s00100" {
			t.Errorf("%d are due: %s", len(due), due[:2])
		}
	})
	w.do(&DeleteSchedule{ID: "s00000"})
	w.do(&PutSchedule{Schedule: rows.Schedule{ID: "t", Type: "order"}})
	if err := Audit(w.s); err != nil {
		t.Error(err)
	}
}
