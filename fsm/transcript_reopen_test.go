package fsm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/fsm/history"
)

// reopenCommand reads `reopen ID [forget=1,2] [reason=R] [turn=N] [events=N] [again=ID:SEQ,...]`,
// or `reopen-run N` for the nth run started by a command. What is not said is as the history has
// it.
func (w *world) reopenCommand(a words) Command {
	var forget []uint64
	for _, s := range strings.Split(a.named["forget"], ",") {
		if id, err := strconv.ParseUint(s, 10, 64); err == nil {
			forget = append(forget, id)
		}
	}
	ref := w.ref(a)
	if a.at(0) == "reopen-run" {
		n, _ := strconv.Atoi(a.at(1))
		ref = RunRef{RunID: w.runs[n-1]}
	}
	c := w.reopenOf(ref, forget...)
	if on := a.named["on"]; on != "" {
		c.On = versionOf(on)
	}
	c.Reason, c.Turn, c.Events = a.named["reason"], a.number("turn", c.Turn), a.number("events", c.Events)
	c.ForgetCancel = a.has("forget-cancel")
	for i := range c.Again {
		c.Again[i].Asked = slices.Contains(strings.Split(a.named["asked"], ","), fmt.Sprint(c.Again[i].ID))
	}
	if list, ok := a.named["again"]; ok {
		c.Again = nil
		for _, s := range strings.Split(list, ",") {
			id, seq, _ := strings.Cut(s, ":")
			again := Again{}
			again.ID, _ = strconv.ParseUint(id, 10, 64)
			again.Seq, _ = strconv.ParseUint(seq, 10, 64)
			c.Again = append(c.Again, again)
		}
	}
	return c
}

// reopenOf is the command that the engine would propose for a run whose code has not acted on the
// failures of forget.
func (w *world) reopenOf(ref RunRef, forget ...uint64) *ReopenRun {
	c := &ReopenRun{Run: ref, Forget: forget}
	run, ok := w.find(ref.WorkflowID)
	if !ref.RunID.IsZero() {
		w.view(func(v View) { run, ok = v.Run(ref.RunID) })
	}
	if !ok {
		return c
	}
	c.Events = run.Events
	var turns []history.Turn
	w.view(func(v View) { turns = v.Turns(run.RunID, 1, maxRows) })
	began, ended := Retell(turns, w.history(run.RunID))
	end := run.Events + 1
	if len(turns) > 0 {
		if last := turns[len(turns)-1]; last.Count > 0 && last.FirstSeq+last.Count == end {
			c.Turn, end = last.N, last.FirstSeq
		}
	}
	for _, e := range began {
		id := begins(e.Data)
		at, over := ended(e.Data)
		if e.Seq >= end || over && at < end && !slices.Contains(forget, id) {
			continue
		}
		c.Again = slices.DeleteFunc(c.Again, func(a Again) bool { return a.ID == id })
		c.Again = append(c.Again, Again{ID: id, Seq: e.Seq})
	}
	slices.SortFunc(c.Again, func(a, b Again) int { return int(a.ID) - int(b.ID) })
	return c
}
