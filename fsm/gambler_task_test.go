package fsm

import (
	"fmt"
	"strings"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// activity draws an activity that a turn asks for.
func (g *gambler) activity(id uint64) *history.ActivityScheduled {
	e := &history.ActivityScheduled{ID: id, Activity: g.one("activity", []string{"charge", "ship"}), Queue: g.one("queue", []string{"default", "trucks"})}
	seconds := func(what string) history.Duration {
		return history.Duration(rapid.IntRange(0, 5).Draw(g.t, what)) * 1e9
	}
	e.Timeout, e.Heartbeat, e.ScheduleTimeout = seconds("attempt"), seconds("heartbeat"), seconds("wait")
	if g.coin("retry") {
		e.Retry = &history.Retry{MaxAttempts: uint32(rapid.IntRange(0, 3).Draw(g.t, "attempts"))}
	}
	return e
}

// taskCommand draws what a worker does.
func (g *gambler) taskCommand() Command {
	if g.coin("lease") {
		return &LeaseTasks{
			Queue: g.one("queue", []string{"default", "trucks"}), Activities: []string{"ship", g.one("activity", []string{"charge", "ship"})}, Worker: "w",
			Max: uint32(rapid.IntRange(0, 4).Draw(g.t, "max")), Lease: 3e9, Named: g.coin("named"),
		}
	}
	var tokens []TaskToken
	for range min(len(g.w.runs), rapid.IntRange(0, 3).Draw(g.t, "tokens")) {
		g.w.view(func(v View) {
			for _, task := range v.Tasks(rapid.SampledFrom(g.w.runs).Draw(g.t, "run"), 0, 3) {
				tokens = append(tokens, TaskToken{task.RunID, task.ID, max(1, task.Attempt)})
			}
		})
	}
	switch rapid.IntRange(0, 4).Draw(g.t, "worker says") {
	case 0:
		c := new(CompleteTasks)
		for _, token := range tokens {
			c.Results = append(c.Results, TaskOutput{Token: token, Output: history.Payload("1")})
		}
		return c
	case 1:
		c := new(FailTasks)
		for _, token := range tokens {
			c.Results = append(c.Results, TaskFailure{Token: token, Error: history.RunError{Kind: "broken", Message: "no", Retryable: g.coin("retryable")}, Jitter: 5})
		}
		return c
	case 2:
		c := new(BeatTasks)
		for _, token := range tokens {
			c.Beats = append(c.Beats, TaskBeat{Token: token, Details: history.Payload("2")})
		}
		return c
	case 3:
		return &ReleaseTasks{Tokens: tokens}
	}
	return &LimitQueue{Queue: g.one("queue", []string{"default", "trucks"}), Limits: rows.QueueLimits{
		Concurrency: uint64(rapid.IntRange(0, 2).Draw(g.t, "concurrency")), Rate: 1, Per: history.Duration(rapid.IntRange(1, 3).Draw(g.t, "per")) * 1e9}}
}

// tellTasks is told for tasks and queues: everything but places, which are log indexes.
func tellTasks(b *strings.Builder, v View, run history.RunID) {
	for _, task := range v.Tasks(run, 0, maxRows) {
		task.OfferIndex, task.OfferN = 0, 0
		fmt.Fprintf(b, "  %x\n", rows.Encoded(task))
	}
}
