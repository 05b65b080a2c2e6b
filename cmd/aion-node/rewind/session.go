package rewind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cmd/aion-node/recording"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// Session is one recorded run that somebody goes through.
type Session struct {
	rec     *recording.Recording
	archive *catalog.Archive
	events  []history.Event
	turns   []history.Turn
	machine *replay.Machine
	steps   []*Step // of the turns so far: going back looks at them again
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

// Frame is a call under way.
type Frame struct {
	At       string          `json:"at"`
	Function string          `json:"function"`
	Source   string          `json:"source"` // the line
	Locals   []runtime.Local `json:"locals,omitempty"`
}

// New makes a session. program is the compiled archive. Its owner calls Close.
func New(rec *recording.Recording, archive *catalog.Archive, program runtime.Program) (*Session, error) {
	s := &Session{rec: rec, archive: archive, events: rec.Events(1, rec.Run.Events), turns: rec.Turns(1, int(rec.Run.Turns))}
	for _, m := range archive.Members() {
		if m.Type != rec.Run.Type {
			continue
		}
		var err error
		s.machine, err = replay.New(replay.Config{Program: program, Member: m, Version: program.Version()}, s.events[0], rec.Reopened()...)
		return s, err
	}
	return nil, fmt.Errorf("the code has no workflow type %q", rec.Run.Type)
}

// Close ends the session.
func (s *Session) Close() { s.machine.Close() }

// Len is the number of turns.
func (s *Session) Len() int { return len(s.turns) }

// Step returns turn n, from 1.
func (s *Session) Step(ctx context.Context, n int) (*Step, error) {
	for len(s.steps) < n {
		step, err := s.next(ctx)
		if err != nil {
			return nil, err
		}
		s.steps = append(s.steps, step)
	}
	return s.steps[n-1], nil
}

// next replays one more turn.
func (s *Session) next(ctx context.Context) (*Step, error) {
	turn := s.turns[len(s.steps)]
	before := uint64(0)
	if n := len(s.steps); n > 0 {
		before = s.turns[n-1].Through
	}
	step := &Step{Turn: turn.N, Through: turn.Through, At: turn.At.Std(), Seen: s.news(before+1, turn.Through), Asked: []Event{}}
	if turn.Count > 0 {
		step.Asked = s.span(turn.FirstSeq, recording.End(turn))
	}
	if !s.machine.Usable() {
		step.Problem = "an earlier turn does not replay"
		return step, nil
	}
	seen := s.machine.Seen()
	err := s.machine.Replay(ctx, []history.Turn{turn}, s.events)
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
	step.Void = s.machine.Seen() == seen && turn.Through > seen
	for _, stack := range s.machine.Stacks() {
		shown := Stack{Name: stack.Name}
		for _, f := range stack.Frames {
			shown.Frames = append(shown.Frames, Frame{At: f.At, Function: f.Function, Source: s.line(f.At), Locals: f.Locals})
		}
		step.Stacks = append(step.Stacks, shown)
	}
	step.Ended = s.machine.Closed() != nil
	return step, nil
}

func nothing(text string) string {
	if text == "" {
		return "nothing more"
	}
	return text
}

// span returns events; none if to is below from.
func (s *Session) span(from, to uint64) []Event {
	list := []Event{}
	for seq := max(from, 1); seq <= to && seq <= uint64(len(s.events)); seq++ {
		e := s.events[seq-1]
		data, err := json.Marshal(e.Data)
		if err != nil {
			data = []byte("null")
		}
		list = append(list, Event{e.Seq, e.Data.Type().String(), data})
	}
	return list
}

// news returns the events of a span that the code had not asked for itself.
func (s *Session) news(from, to uint64) []Event {
	return slices.DeleteFunc(s.span(from, to), func(e Event) bool {
		return slices.ContainsFunc(s.turns[:len(s.steps)], func(t history.Turn) bool { return t.FirstSeq <= e.Seq && e.Seq < t.FirstSeq+t.Count })
	})
}

// line returns the source line at a position like "order.star:12:9".
func (s *Session) line(at string) string {
	file, rest, _ := strings.Cut(at, ":")
	number, _, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(number)
	if err != nil {
		return ""
	}
	for _, m := range s.archive.Modules {
		if m.Name == file {
			for text := range strings.Lines(string(m.Source)) {
				if n--; n == 0 {
					return strings.TrimSpace(text)
				}
			}
		}
	}
	return ""
}

// Lines is a step as text.
func (s *Session) Lines(step *Step) []string {
	lines := []string{fmt.Sprintf("turn %d of %d, %s, through event %d", step.Turn, s.Len(), step.At.UTC().Format(time.RFC3339Nano), step.Through)}
	add := func(format string, args ...any) {
		for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
			lines = append(lines, visible(line))
		}
	}
	for _, e := range step.Seen {
		add("  saw    %4d %s %s", e.Seq, e.Type, e.Data)
	}
	for _, e := range step.Asked {
		add("  asked  %4d %s %s", e.Seq, e.Type, e.Data)
	}
	if step.Void {
		add("  a reopening made this turn void")
	}
	for _, stack := range step.Stacks {
		add("  %s waits:", stack.Name)
		for _, f := range stack.Frames {
			add("    %s in %s", f.At, f.Function)
			add("        %s", f.Source)
			for _, l := range f.Locals {
				add("      %s = %s", l.Name, l.Value)
			}
		}
	}
	if step.Ended {
		add("  the code has ended")
	}
	if step.Problem != "" {
		add("  %s", step.Problem)
	}
	return lines
}
