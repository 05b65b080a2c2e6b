package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

func init() {
	for name, o := range overlaps {
		dearestToo["terminate runs of a schedule, "+name] = func(w *world) (list []Command) {
			for _, r := range w.scheduled(1, o) {
				list = append(list, &TerminateRun{Run: RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}})
			}
			return list
		}
		dearestToo["complete runs of a schedule, "+name] = func(w *world) (list []Command) {
			for _, r := range w.scheduled(1, o) {
				list = append(list, &RecordTurn{RunID: r.RunID, N: 1, Through: 1, Rules: history.Rules, Asked: []history.Event{{Data: &history.WorkflowCompleted{}}}})
			}
			return list
		}
		dearestToo["fire a schedule again and again, "+name] = func(w *world) (list []Command) {
			w.scheduled(1, o)
			s := w.readSchedule("s0")
			for i := range 1024 {
				list = append(list, w.fireOf(&s, i, 1))
			}
			return list
		}
	}
	dearestToo["continue runs of a schedule"] = func(w *world) (list []Command) {
		for _, r := range w.scheduled(1, rows.OverlapAllowAll) {
			list = append(list, &RecordTurn{RunID: r.RunID, N: 1, Through: 1, Rules: history.Rules, Asked: []history.Event{{Data: &history.WorkflowContinuedAsNew{}}}})
		}
		return list
	}
	dearestToo["runs of many schedules"] = func(w *world) (list []Command) { // one of each
		for i, r := range w.scheduled(40, rows.OverlapAllowAll) {
			if i%maxOpenRuns == 0 {
				list = append(list, &TerminateRun{Run: RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}})
			}
		}
		return list
	}
	dearestToo["pause and resume a schedule"] = func(w *world) (list []Command) {
		w.scheduled(1, rows.OverlapAllowAll)
		for range 512 {
			list = append(list, &PauseSchedule{ID: "s0"}, &ResumeSchedule{ID: "s0", Next: w.now.Add(1e9)})
		}
		return list
	}
	dearestToo["fire many schedules, cancel"] = func(w *world) (list []Command) {
		w.scheduled(20, rows.OverlapCancelPrevious)
		for i := range 20 {
			list = append(list, w.fire(fmt.Sprint("s", i), 0, 1))
		}
		return list
	}
	dearestToo["fire many schedules with a large input"] = func(w *world) (list []Command) {
		for i := range 20 {
			id := fmt.Sprint("s", i)
			w.do(&PutSchedule{Apart: true, Schedule: rows.Schedule{ID: id, Type: "a", Every: 1e9, Input: large, Overlap: rows.OverlapAllowAll}})
			list = append(list, w.fire(id, 0, 3))
		}
		return list
	}
	dearestToo["the last runs of many schedules with a large input close"] = func(w *world) (list []Command) {
		for i := range 60 {
			id := fmt.Sprint("s", i)
			w.do(&PutSchedule{Apart: true, Schedule: rows.Schedule{ID: id, Type: "a", Every: 1e9, Overlap: rows.OverlapBufferOne}})
			run := w.do(w.fire(id, 0, 2)).(*ScheduleAnswer).Started[0]
			w.do(&PutSchedule{Apart: true, Replace: true, Schedule: rows.Schedule{ID: id, Type: "a", Every: 1e9, Input: large, Overlap: rows.OverlapBufferOne}})
			list = append(list, &TerminateRun{Run: RunRef{WorkflowID: run.WorkflowID, RunID: run.RunID}})
		}
		return list
	}
	dearestToo["fire a schedule whose type is not routed"] = func(w *world) []Command {
		w.do(&PutSchedule{Apart: true, Schedule: rows.Schedule{ID: "s", Type: "b", Every: 1e9, Overlap: rows.OverlapAllowAll}})
		return times(1024, w.fire("s", 0, 2))
	}
}

// fire fires a schedule for n times, others than any before.
func (w *world) fire(id string, nth, n int) *FireSchedule {
	s := w.readSchedule(id)
	return w.fireOf(&s, nth, n)
}

// fireOf is fire for who has read the schedule, which copies its input.
func (w *world) fireOf(s *rows.Schedule, nth, n int) *FireSchedule {
	c := &FireSchedule{ID: s.ID, Apart: true}
	for i := range n {
		c.Times = append(c.Times, w.now.Add(1e9)+history.Time(nth*n+i))
	}
	c.Work = FireWork(s, c)
	return c
}

func (w *world) readSchedule(id string) (s rows.Schedule) {
	w.view(func(v View) { s, _ = v.Schedule(id) })
	return s
}

// scheduled makes n schedules with a large input and as many open runs as there may be, each with a
// fire that waits if the policy has it so.
func (w *world) scheduled(n int, o rows.Overlap) (runs []StartAnswer) {
	defer w.unchecked()()
	for i := range n {
		id := fmt.Sprint("s", i)
		w.do(&PutSchedule{Apart: true, Schedule: rows.Schedule{ID: id, Type: "a", Every: 1e9, Overlap: rows.OverlapAllowAll}})
		fire := &FireSchedule{ID: id, Apart: true}
		for j := range maxOpenRuns {
			fire.Times = append(fire.Times, w.now.Add(-1e9*4000)+history.Time(j))
		}
		runs = append(runs, w.do(fire).(*ScheduleAnswer).Started...)
		input := large
		if n > 1 {
			input = nil
		}
		w.do(&PutSchedule{Apart: true, Replace: true, Schedule: rows.Schedule{ID: id, Type: "a", Every: 1e9, Input: input, Overlap: o}})
		if o == rows.OverlapBufferOne {
			w.do(w.fire(id, 5000, 1))
		}
	}
	return runs
}
