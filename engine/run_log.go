package engine

import (
	"context"
	"fmt"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// keptLines selects the log lines of a turn that go into its entry: at most a quarter of what a run
// may keep, so that one turn does not displace all others.
func (e *Engine) keptLines(lines []string) []string {
	const atLeast = 200 // bytes of the first line
	left := e.limits.RunLogBytes / 4
	if left <= 0 {
		return nil
	}
	for i, line := range lines {
		if left -= int64(len(line)) + 8; left < 0 {
			if i == 0 {
				return []string{line[:min(len(line), atLeast)] + " [cut]"}
			}
			return append(lines[:i:i], fmt.Sprintf("[lines of this turn that are not kept: %d]", len(lines)-i))
		}
	}
	return lines
}

// RunLog is a page of what the code of a run has logged.
type RunLog struct {
	Lines  []fsm.LogLine
	Next   uint64 // where the next page starts; 0 = the run is closed and has no more lines
	Logged uint64 // number of lines ever logged, including those dropped since
	Index  uint64
}

// Logs returns the kept lines with seq >= from. At the end of an open run's log it waits up to wait
// for more. Index is the index of the read.
func (e *Engine) Logs(ctx context.Context, rd Read, ref fsm.RunRef, from uint64, limit int, wait time.Duration) (*RunLog, error) {
	if err := checkRef(ref); err != nil {
		return nil, err
	}
	limit, err := checkPage(limit)
	if err != nil {
		return nil, err
	}
	if err := checkWait(wait); err != nil {
		return nil, err
	}
	from = max(from, 1)
	var run rows.Run
	var page RunLog
	most := 1 // while waiting for memory
	look := func(v fsm.View) (wait bool) {
		page.Index = v.Index()
		if run, err = rd.find(v, ref); err != nil {
			return false
		}
		ref.RunID = run.RunID // later pages stay with the run of the first page
		lines, logged := v.Logs(run.RunID, from, most)
		page.Lines, page.Logged = lines, logged
		if from > page.Logged+1 {
			err = invalid("from", "is %d, but the run has logged %d lines", from, page.Logged)
			return false
		}
		return len(page.Lines) == 0 && run.Status.Open()
	}
	empty := false
	if readErr := e.read(ctx, rd, func(v fsm.View) { empty = look(v) }); readErr != nil {
		return nil, readErr
	}
	if empty && wait > 0 {
		turns := run.Turns
		e.hub.awaitGrowth(ctx, wait, run.RunID, func(r rows.Run) bool { return r.Turns > turns || !r.Status.Open() }, func(v fsm.View) bool {
			more := look(v)
			turns = run.Turns
			return more
		})
	}
	if err == nil && len(page.Lines) > 0 {
		if err := rd.room(e.limits.RunLogBytes); err != nil {
			return nil, err
		}
		most = limit
		e.cfg.Log.View(func(v fsm.View) { look(v) })
	}
	if err != nil {
		return nil, err
	}
	page.Next = from
	if n := len(page.Lines); n > 0 {
		page.Next = page.Lines[n-1].Seq + 1
	}
	if !run.Status.Open() && page.Next > page.Logged {
		page.Next = 0
	}
	return &page, nil
}
