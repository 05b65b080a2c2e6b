package rewind

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cmd/aion-node/recording"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/rewind"
	"aion.dev/aion/engine/runtime"
)

// Session is one recorded run that somebody goes through.
type Session struct {
	turns    int
	machine  *replay.Machine
	replayer *rewind.Replayer
	steps    []*Step // of the turns so far: going back looks at them again
}

// Step is one turn.
type Step = rewind.Step

// New makes a session. program is the compiled archive; folder is the project that it was built
// from here, or "". Its owner calls Close.
func New(rec *recording.Recording, archive *catalog.Archive, program runtime.Program, folder string) (*Session, error) {
	code := goCode(folder)
	record := rewind.Record{Events: rec.Events(1, rec.Run.Events), Turns: rec.Turns(1, int(rec.Run.Turns))}
	for _, m := range archive.Members() {
		if m.Type != rec.Run.Type {
			continue
		}
		machine, err := replay.New(replay.Config{Program: program, Member: m, Version: program.Version(), Trace: true}, record.Events[0], rec.Reopened()...)
		if err != nil {
			return nil, err
		}
		files := catalog.SourceFiles(archive.Modules)
		source := func(f rewind.Frame) string {
			if text, ok := files[f.File()]; ok {
				return text
			}
			return code.of(f)
		}
		return &Session{turns: len(record.Turns), machine: machine, replayer: rewind.New(record, machine, source)}, nil
	}
	return nil, fmt.Errorf("the code has no workflow type %q", rec.Run.Type)
}

// Close ends the session.
func (s *Session) Close() { s.machine.Close() }

// Len is the number of turns.
func (s *Session) Len() int { return s.turns }

// Step returns turn n, from 1.
func (s *Session) Step(ctx context.Context, n int) (*Step, error) {
	for len(s.steps) < n {
		step, err := s.replayer.Next(ctx)
		if err != nil {
			return nil, err
		}
		s.steps = append(s.steps, step)
	}
	return s.steps[n-1], nil
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
			if f.Source != "" {
				add("        %s", f.Source)
			}
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
