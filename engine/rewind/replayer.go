package rewind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm/history"
)

// Record is what is known of a run: its first events, without gaps, and its first turns.
type Record struct {
	Events []history.Event
	Turns  []history.Turn
}

// Replayer goes through a record once, forwards.
type Replayer struct {
	rec     Record
	machine *replay.Machine
	source  func(Frame) string // the file that a call is in; "" = unknown
	done    int
	broken  string // why Skip came to no end
}

// Step is one turn.
type Step struct {
	Turn    uint64    `json:"turn"`
	Through uint64    `json:"through"`
	At      time.Time `json:"at"`
	Seen    []Event   `json:"seen"`  // since the turn before
	Asked   []Event   `json:"asked"` // by the code
	Stacks  []Stack   `json:"stacks,omitempty"`
	Ended   bool      `json:"ended,omitempty"`   // the code has ended
	Void    bool      `json:"void,omitempty"`    // a reopening made it void: the code is not shown it
	Problem string    `json:"problem,omitempty"` // the code does not follow the record
}

// Event is an event of the history.
type Event struct {
	Seq  uint64          `json:"seq"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// Stack is one part of the code that waits, the innermost call last.
type Stack struct {
	Name   string  `json:"name"`
	Frames []Frame `json:"frames"`
}

// New makes a replayer. The machine is a new one, at no turn; its owner closes it.
// source returns the text of the file that a call is in, or "".
func New(rec Record, machine *replay.Machine, source func(Frame) string) *Replayer {
	return &Replayer{rec: rec, machine: machine, source: source}
}

// Done is how many turns Next has returned.
func (r *Replayer) Done() int { return r.done }

// Skip replays up to turn n, which it includes, without looking. If the code does not follow the
// record, the turns after that have a Problem.
func (r *Replayer) Skip(ctx context.Context, n int) error {
	if n <= r.done {
		return nil
	}
	if r.machine.Usable() {
		if err := r.machine.Replay(ctx, r.rec.Turns[r.done:n], r.rec.Events); err != nil {
			r.broken = ": " + err.Error()
		}
	}
	r.done = n
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// Next replays one more turn. There has to be one.
func (r *Replayer) Next(ctx context.Context) (*Step, error) {
	turn := r.rec.Turns[r.done]
	before := uint64(0)
	if r.done > 0 {
		before = r.rec.Turns[r.done-1].Through
	}
	step := &Step{Turn: turn.N, Through: turn.Through, At: turn.At.Std(), Seen: r.news(before+1, turn.Through), Asked: []Event{}}
	if turn.Count > 0 {
		step.Asked = r.span(turn.FirstSeq, turn.FirstSeq+turn.Count-1)
	}
	r.done++
	if !r.machine.Usable() {
		step.Problem = "an earlier turn does not replay" + r.broken
		return step, nil
	}
	seen := r.machine.Seen()
	err := r.machine.Replay(ctx, []history.Turn{turn}, r.rec.Events)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var m *replay.Mismatch
	switch {
	case errors.As(err, &m):
		step.Problem = fmt.Sprintf("the code asks for something else, at %s\n  recorded: %s\n  asked:    %s", m.At, nothing(m.Recorded), nothing(m.Asked))
		return step, nil
	case err != nil:
		step.Problem = err.Error()
		return step, nil
	}
	step.Void = r.machine.Seen() == seen && turn.Through > seen
	for _, stack := range r.machine.Stacks() {
		shown := Stack{Name: stack.Name}
		for _, f := range stack.Frames {
			frame := Frame{At: f.At, Function: f.Function, Locals: f.Locals}
			frame.Source = r.line(frame)
			shown.Frames = append(shown.Frames, frame)
		}
		step.Stacks = append(step.Stacks, shown)
	}
	step.Ended = r.machine.Closed() != nil
	return step, nil
}

func nothing(text string) string {
	if text == "" {
		return "nothing more"
	}
	return text
}

// span returns events; none if to is below from.
func (r *Replayer) span(from, to uint64) []Event {
	list := []Event{}
	for seq := max(from, 1); seq <= to && seq <= uint64(len(r.rec.Events)); seq++ {
		e := r.rec.Events[seq-1]
		data, err := json.Marshal(e.Data)
		if err != nil {
			data = []byte("null")
		}
		list = append(list, Event{e.Seq, e.Data.Type().String(), data})
	}
	return list
}

// news returns the events of a span that the code had not asked for itself.
func (r *Replayer) news(from, to uint64) []Event {
	return slices.DeleteFunc(r.span(from, to), func(e Event) bool {
		i, _ := slices.BinarySearchFunc(r.rec.Turns[:r.done], e.Seq, func(t history.Turn, seq uint64) int {
			if t.FirstSeq+t.Count <= seq {
				return -1
			}
			return 0
		})
		return i < r.done && r.rec.Turns[i].FirstSeq <= e.Seq && e.Seq < r.rec.Turns[i].FirstSeq+r.rec.Turns[i].Count
	})
}

// line returns the line of the source that a call is at.
func (r *Replayer) line(f Frame) string {
	n := f.Line()
	if n == 0 {
		return ""
	}
	for text := range strings.Lines(r.source(f)) {
		if n--; n == 0 {
			return strings.TrimSpace(text)
		}
	}
	return ""
}
