package main

import (
	"fmt"
	"io"
	"time"

	"aion.dev/aion/transport/wire"
)

// printPending lists the activities of a run that have no outcome yet.
func printPending(w io.Writer, list []wire.PendingActivity, total uint64) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, p := range list {
		failure, attempt := "", ""
		if p.Attempt > 0 {
			attempt = fmt.Sprint(p.Attempt)
		}
		if p.LastFailure != nil {
			failure = clip(printable(p.LastFailure.Error()), 80)
		}
		rows = append(rows, []string{number(p.ActivityID), printable(p.Activity), printable(p.Queue), activityState(p, time.Now()), attempt, printable(p.Worker), failure})
	}
	table(w, "", []string{"PENDING", "ACTIVITY", "QUEUE", "STATE", "ATTEMPT", "WORKER", "LAST FAILURE"}, rows)
	if more := total - uint64(len(list)); total > uint64(len(list)) {
		fmt.Fprintf(w, "and %d more\n", more)
	}
}

// activityState describes the state of an activity and what its deadline is.
func activityState(p wire.PendingActivity, now time.Time) string {
	due := ""
	if p.DueAt != nil {
		due = ahead(*p.DueAt, now)
	}
	switch {
	case p.State == "offered" && due == "":
		return "waits for a worker"
	case p.State == "offered":
		return "waits for a worker, gives up " + due
	case p.State == "backoff":
		return "next attempt " + due
	case p.State == "given_up":
		return "given up, worker not told yet"
	case p.StartedAt != nil:
		return "at work since " + ago(*p.StartedAt, now)
	}
	return p.State
}

// ahead formats how far in the future a time is.
func ahead(t, now time.Time) string {
	d := t.Sub(now)
	if d < time.Second {
		return "now"
	}
	return "in " + span(d.Round(time.Second))
}
