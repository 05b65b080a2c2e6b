package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/clip"
	"aion.dev/aion/internal/namespace"
	"github.com/prometheus/client_golang/prometheus"
)

// reportBytes bounds the payload bytes of one command. Larger calls need several commands, because
// the log accepts no command beyond 8 MiB.
const reportBytes = 4 << 20

// taskReport is one kind of report by workers: a completion, failure, heartbeat or release.
type taskReport[T any] struct {
	read     func(fsm.TaskToken, *TaskResult) (T, error)
	command  func([]T) fsm.Command
	event    func(T) (fsm.TaskToken, history.Data) // what a report appends if it is accepted; nil = not known before
	accepted prometheus.Counter                    // counts the accepted ones
	ends     bool                                  // an accepted one ends its attempt
	outcome  string                                // as which it is measured; "" = not at all
}

// proposeAll validates what a worker reports on its attempts, each independently, and proposes the
// valid reports. If one call needs several commands, each has a request id of its own, so that a
// repeated call repeats each answer.
func (s taskReport[T]) proposeAll(ctx context.Context, e *Engine, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	if len(results) < 1 || len(results) > MaxTasks {
		return nil, Answered{}, invalid("results", "holds %d tokens; 1 to %d are allowed", len(results), MaxTasks)
	}
	if err := c.validate(); err != nil {
		return nil, Answered{}, err
	}
	replies := make([]TaskReply, len(results))
	all := Answered{Deduplicated: true}
	var said []T
	var tokens []fsm.TaskToken // of said
	var at []int               // which replies they get
	var parts, bytes int
	propose := func() error {
		part := c
		part.Request = partOf(c.Request, parts)
		answer, a, err := proposeAhead[*fsm.TaskAnswer](ctx, e, part, s.command(said), func(c *convoy) { s.foresee(c, said) })
		if err != nil {
			if parts > 0 {
				err = &Unknown{Cause: fmt.Errorf("%d of %d results were recorded: %w", at[0], len(results), err)}
			}
			return err
		}
		if len(answer.Replies) != len(said) {
			return fmt.Errorf("engine: the state machine replied to %d tokens of %d", len(answer.Replies), len(said))
		}
		for i, r := range answer.Replies {
			if r.Lost != "" {
				replies[at[i]].Err = &LeaseLost{Reason: r.Lost}
				e.metrics.leaseLost.Inc()
			} else if !a.Deduplicated {
				s.accepted.Inc()
			}
			if r.Lost == "" && !s.ends {
				e.pollers.took(tokens[i], "")
			}
			if s.ends {
				e.taskTimes.end(tokens[i], s.outcome, e.cfg.Tracer)
			}
			replies[at[i]].CancelRequested = r.Cancel
		}
		all.Index, all.Deduplicated = a.Index, all.Deduplicated && a.Deduplicated
		parts, bytes, said, tokens, at = parts+1, 0, nil, nil, nil
		return nil
	}
	for i := range results {
		r := &results[i]
		token, err := readToken(namespace.Asked(ctx), r.Token)
		var one T
		if r.Wrong != nil {
			err = r.Wrong
		}
		if err == nil {
			one, err = s.read(token, r)
		}
		if err != nil {
			replies[i].Err = err
			continue
		}
		size := len(r.Output) + len(r.Details) + len(r.Error.Details) + len(r.Error.Message)
		if bytes+size > reportBytes && len(said) > 0 {
			if err := propose(); err != nil {
				return nil, all, err
			}
		}
		said, tokens, at, bytes = append(said, one), append(tokens, token), append(at, i), bytes+size
	}
	if len(said) > 0 {
		if err := propose(); err != nil {
			return nil, all, err
		}
	}
	if parts == 0 { // no report was valid
		all.Deduplicated = false
		e.cfg.Log.View(func(v fsm.View) { all.Index = v.Index() })
	}
	return replies, all, nil
}

// foresee makes the turns that follow if all reports are accepted.
func (s taskReport[T]) foresee(c *convoy, said []T) {
	if s.event == nil {
		return
	}
	var accepted outcomes
	for _, one := range said {
		token, data := s.event(one)
		accepted.add(token.RunID, data)
	}
	accepted.foresee(c)
}

// partOf returns the request of the nth command that a call with request r needs.
func partOf(r *fsm.Request, n int) *fsm.Request {
	if r == nil || n == 0 {
		return r
	}
	part := *r
	id := sha256.Sum256(fmt.Appendf(nil, "aion/part\x00%s\x00%d", r.ID, n))
	part.ID = hex.EncodeToString(id[:])
	return &part
}

func (e *Engine) readOutput(t fsm.TaskToken, r *TaskResult) (fsm.TaskOutput, error) {
	return fsm.TaskOutput{Token: t, Output: r.Output}, e.checkPayload("output", r.Output)
}

// readFailure truncates a message that is too long, as replay does with those of workflow code: a
// failure that cannot be reported would be worse.
func (e *Engine) readFailure(t fsm.TaskToken, r *TaskResult) (fsm.TaskFailure, error) {
	failure := r.Error
	if failure.Kind == "" {
		failure.Kind = history.KindFailed
	}
	failure.Message = clip.To(failure.Message, MaxFailure)
	err := checkLabel("kind", failure.Kind)
	if err == nil {
		err = e.checkDetails(failure.Details)
	}
	return fsm.TaskFailure{Token: t, Error: failure, Jitter: rand.Uint32()}, err
}

func (e *Engine) readBeat(t fsm.TaskToken, r *TaskResult) (fsm.TaskBeat, error) {
	return fsm.TaskBeat{Token: t, Details: r.Details}, e.checkDetails(r.Details)
}

func (e *Engine) readRelease(t fsm.TaskToken, _ *TaskResult) (fsm.TaskToken, error) { return t, nil }

func (e *Engine) checkDetails(p history.Payload) error {
	if len(p) > MaxDetails {
		return invalid("details", "has %d bytes, the limit is %d", len(p), MaxDetails)
	}
	return e.checkPayload("details", p)
}
