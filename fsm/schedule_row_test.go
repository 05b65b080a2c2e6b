package fsm

import (
	"slices"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestOldSchedules: a log of the build before rows came in two layouts, with schedules of every
// policy that fire, wait, are handed on, reopened, replaced and made anew, applies to the digest
// that it had there, and leaves rows of the first layout. The next fire moves one to the second,
// and nothing of it changes.
func TestOldSchedules(t *testing.T) {
	w := oldWorld(t)
	w.logged("testdata/log-3.golden") // written by that build; there is no writing it anew
	w.checkReplays()
	apart := func(id string) bool {
		b, err := w.s.db.Get(rows.TextKey(rows.FamilySchedule, id))
		if err != nil || b == nil {
			t.Fatalf("schedule %s: %v", id, err)
		}
		row, err := rows.DecodeSchedule(b)
		if err != nil {
			t.Fatalf("schedule %s: %v", id, err)
		}
		return row.Apart
	}
	if apart("s1") || apart("s3") {
		t.Fatal("a row of the first layout is of the second")
	}
	before := scheduleOf(w, "s1")
	if len(before.Open) == 0 || len(before.Buffered) == 0 || before.Input == nil {
		t.Fatalf("there is little to keep: %s", saySchedule(&before))
	}
	w.now = w.now.Add(time.Minute)
	first := before.Open[0]
	r := runOf(w, first)
	results := w.propose( // the second fire finds the row as the first left it, the end of the run as both did
		Envelope{Command: &FireSchedule{ID: "s1", Apart: true, Problem: "x", Times: []history.Time{w.now}}},
		Envelope{Command: &FireSchedule{ID: "s1", Apart: true, Times: []history.Time{w.now + 1}}},
		Envelope{Command: &TerminateRun{Run: RunRef{WorkflowID: r.WorkflowID, RunID: first}}},
	)
	for _, r := range results {
		if r.Refusal != nil {
			t.Fatal(r.Refusal)
		}
	}
	if got := results[1].Answer.(*ScheduleAnswer).Schedule.Open; !slices.Contains(got, first) {
		t.Errorf("the answer of a command shows what the next one did: %v", got)
	}
	if !apart("s1") || apart("s3") {
		t.Error("a fire moves its schedule to the second layout, and no other")
	}
	if s := scheduleOf(w, "s1"); !s.Stuck() { // its input was checked against another schema
		t.Errorf("the fire that waited: %s", saySchedule(&s))
	}
	w.do(&FireSchedule{ID: "s1", Apart: true})
	after := scheduleOf(w, "s1")
	if after.Failed != before.Failed+1 || after.Skipped != before.Skipped+1 || after.Started != before.Started+1 || len(after.Buffered) != 0 {
		t.Errorf("before: %s\nafter: %s", saySchedule(&before), saySchedule(&after))
	}
	if string(after.Input) != string(before.Input) || string(runInput(w, after.Recent[0])) != string(before.Input) {
		t.Errorf("input %s, and a run with %s; it was %s", after.Input, runInput(w, after.Recent[0]), before.Input)
	}
	w.do(&DeleteSchedule{ID: "s1"})
	w.checkReplays()
}

func scheduleOf(w *world, id string) (s rows.Schedule) {
	w.view(func(v View) { s, _ = v.Schedule(id) })
	return s
}

func runOf(w *world, id history.RunID) (r rows.Run) {
	w.view(func(v View) { r, _ = v.Run(id) })
	return r
}

func runInput(w *world, id history.RunID) history.Payload {
	return w.history(id)[0].Data.(*history.WorkflowStarted).Input
}

// TestScheduleApartInOneEntry: what the commands of an entry do to a schedule, they see of one
// another, also when it is deleted and made again.
func TestScheduleApartInOneEntry(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	put := func(input string) *PutSchedule {
		return &PutSchedule{Apart: true, Schedule: rows.Schedule{ID: "s", Type: "a", Every: 1e9, Overlap: rows.OverlapAllowAll, Next: w.now.Add(time.Hour), Input: history.Payload(input)}}
	}
	fire := func(n int) *FireSchedule {
		return &FireSchedule{ID: "s", Apart: true, Times: []history.Time{w.now.Add(time.Duration(n))}}
	}
	again := put("3")
	again.Replace = true
	results := w.propose(
		Envelope{Command: put("1")}, Envelope{Command: fire(1)}, Envelope{Command: &DeleteSchedule{ID: "s"}}, Envelope{Command: fire(2)},
		Envelope{Command: put("2")}, Envelope{Command: fire(3)}, Envelope{Command: again}, Envelope{Command: fire(4)},
	)
	for i, want := range []string{"", "1", "", "not_found", "", "2", "", "3"} {
		switch r := results[i]; {
		case want == "not_found":
			if r.Refusal == nil || r.Refusal.Code() != want {
				t.Errorf("command %d: %+v", i, r)
			}
		case r.Refusal != nil:
			t.Errorf("command %d: %v", i, r.Refusal)
		case want != "":
			if got := runInput(w, r.Answer.(*ScheduleAnswer).Started[0].RunID); string(got) != want {
				t.Errorf("command %d started a run with %s, want %s", i, got, want)
			}
		}
	}
	if s := scheduleOf(w, "s"); len(s.Open) != 2 || s.Started != 2 || string(s.Input) != "3" {
		t.Errorf("%s with %s", saySchedule(&s), s.Input)
	}
	w.do(&DeleteSchedule{ID: "s"})
	w.do(put("1"))
	w.propose(Envelope{Command: fire(5)}, Envelope{Command: &DeleteSchedule{ID: "s"}})
	if s := scheduleOf(w, "s"); s.ID != "" {
		t.Errorf("a deleted schedule is there: %s", saySchedule(&s))
	}
	w.checkReplays()
}

// TestFireWithoutRoom: a fire that its entry has no room for is to be proposed again, whole; one
// that waits for a run to close is left to the leader. Both are done by the next entry.
func TestFireWithoutRoom(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	w.do(&PutSchedule{Apart: true, Schedule: rows.Schedule{ID: "s", Type: "a", Every: 1e9, Overlap: rows.OverlapBufferOne, Input: large}})
	fire := func(n int) *FireSchedule {
		return &FireSchedule{ID: "s", Apart: true, Times: []history.Time{w.now.Add(time.Duration(n))}}
	}
	w.budget = 4 // the first command always has room
	results := w.propose(Envelope{Command: &StartRun{WorkflowID: "x", RunID: w.mint(), Type: "a"}}, Envelope{Command: fire(1)})
	if r, is := results[1].Refusal.(*Recheck); !is {
		t.Fatalf("a fire without room: %+v %v", results[1], r)
	}
	if s := scheduleOf(w, "s"); s.Started+s.Skipped+s.Failed != 0 || s.Last != 0 {
		t.Errorf("a fire that was refused counts: %s", saySchedule(&s))
	}
	run := w.do(fire(1)).(*ScheduleAnswer).Started[0]
	w.do(fire(2))
	w.do(&TerminateRun{Run: RunRef{WorkflowID: run.WorkflowID, RunID: run.RunID}})
	s := scheduleOf(w, "s")
	if !s.Stuck() || s.Started != 1 {
		t.Fatalf("a fire that waited has no room, but: %s", saySchedule(&s))
	}
	w.view(func(v View) {
		if due := v.DueSchedules(w.now, 10); len(due) != 1 {
			t.Errorf("the leader is told of %v", due)
		}
	})
	w.do(&FireSchedule{ID: "s", Apart: true})
	if s := scheduleOf(w, "s"); s.Started != 2 || len(s.Buffered) != 0 {
		t.Errorf("after the leader's fire: %s", saySchedule(&s))
	}
	w.checkReplays()
}
