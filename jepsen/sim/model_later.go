package sim

import (
	"fmt"
	"math/rand/v2"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// reportActivity predicts a report on an activity by its ids.
func (m *Model) reportActivity(c *fsm.ReportActivity, res *fsm.Result) (code, why string) {
	if m.level < 5 {
		return "invalid_input", ""
	}
	r := m.runs[c.RunID]
	switch {
	case r == nil:
		return "not_found", ""
	case !r.status.Open() || m.doomed(r):
		return "not_running", ""
	}
	t := r.task(c.ID)
	if t == nil || t.state == rows.TaskGivenUp || c.Attempt != 0 && c.Attempt != t.attempt || (c.Beat || c.Attempt != 0) && t.state != rows.TaskLeased {
		return "invalid_state", ""
	}
	want := fsm.ActivityAnswer{WorkflowID: r.workflowID, RunID: r.id, ID: c.ID, Attempt: t.attempt}
	switch {
	case c.Beat:
		t.renew(m.now)
		want.Cancel = t.cancelAsked
	case c.Error != nil:
		m.failTask(t, c.Error.Retryable, c.Jitter)
		want.Ended = r.task(c.ID) == nil
	default:
		m.append(r, &history.ActivityCompleted{ID: t.id, Attempt: t.attempt})
		m.endTask(t)
		want.Ended = true
	}
	if a, is := res.Answer.(*fsm.ActivityAnswer); is && *a != want {
		return ok, fmt.Sprintf("answered %+v, want %+v", *a, want)
	}
	return ok, ""
}

// drawLater draws that attempts end later, or such an end.
func (w *World) drawLater(tokens []fsm.TaskToken, rng *rand.Rand) fsm.Command {
	if odds(rng, 2) {
		return &fsm.DeferTasks{Tokens: tokens}
	}
	c := &fsm.ReportActivity{RunID: tokens[0].RunID, ID: tokens[0].ID}
	if odds(rng, 2) {
		c.Attempt = tokens[0].Attempt
	}
	switch rng.IntN(3) {
	case 0:
		c.Beat = true
	case 1:
		c.Error = &history.RunError{Kind: "broken", Retryable: odds(rng, 2)}
	default:
		c.Output = history.Payload("1")
	}
	return c
}
