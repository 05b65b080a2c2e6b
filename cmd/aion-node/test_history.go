package main

import (
	"context"
	"fmt"
	"io"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cmd/aion-node/recording"
	verdict "aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/runtime/languages"
	"aion.dev/aion/engine/schema"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// replayed is the answer of test --history.
type replayed struct {
	Version string                `json:"version"` // of the project
	Same    int                   `json:"same"`
	Other   int                   `json:"other"` // diverged, differed, skipped
	Results []wire.BacktestResult `json:"results"`
}

// testHistories replays exported runs on the code of a project.
func (a *app) testHistories(ctx context.Context, dir string, files []string) error {
	built, err := buildChecked(ctx, dir)
	if err != nil {
		return err
	}
	archive, err := catalog.Open(built.Archive, catalog.DefaultLimits())
	if err != nil {
		return err
	}
	program, err := languages.Local().Compile(ctx, archive)
	if err != nil {
		return err
	}
	candidate := &verdict.Candidate{Program: program, Members: archive.Members(), Flaw: outputFlaw(archive)}
	answer := replayed{Version: built.Version.String(), Results: []wire.BacktestResult{}}
	for _, file := range files {
		rec, err := recording.Read(file)
		if err != nil {
			return local("invalid_input", "The file is no exported run", err.Error(), "aion-node export ID writes one")
		}
		r, err := candidate.Prove(ctx, rec, rec.Run, nil)
		if err != nil {
			return err
		}
		if r.Verdict == verdict.Same {
			answer.Same++
		} else {
			answer.Other++
		}
		answer.Results = append(answer.Results, wire.BacktestResult{WorkflowID: r.WorkflowID, RunID: r.RunID.String(), Version: r.Version.String(), Verdict: string(r.Verdict), Seq: r.Seq,
			Recorded: r.Recorded, Asked: r.Asked, Where: r.Where, Why: r.Why})
	}
	if err := a.answer(answer, func(w io.Writer) { printReplayed(w, &answer) }); err != nil {
		return err
	}
	if answer.Other > 0 {
		return &reported{exitRefused}
	}
	return nil
}

func printReplayed(w io.Writer, r *replayed) {
	for _, x := range r.Results {
		fmt.Fprintf(w, "%-9s %s\n", x.Verdict, printable(x.WorkflowID))
		switch x.Verdict {
		case string(verdict.Same):
		case string(verdict.Skipped):
			fmt.Fprintf(w, "    %s\n", printable(x.Why))
		default:
			at := ""
			if x.Where != "" {
				at = ", at " + x.Where
			}
			fmt.Fprintf(w, "    event %d%s\n    recorded: %s\n    asked:    %s\n", x.Seq, at, printable(orNothing(x.Recorded)), printable(orNothing(x.Asked)))
		}
	}
	fmt.Fprintf(w, "%s of %d the same on version %s\n", count(r.Same, "run"), len(r.Results), short(r.Version))
}

// outputFlaw returns what says why a result does not fit the output schema of an archive's type.
func outputFlaw(archive *catalog.Archive) func(context.Context, string, history.Payload) (string, error) {
	return func(ctx context.Context, typ string, result history.Payload) (string, error) {
		w, ok := archive.Workflow(typ)
		if !ok || w.OutputSchema == nil {
			return "", nil
		}
		s, err := schema.Compile(w.OutputSchema)
		if err != nil {
			return "", err
		}
		_, reason, err := s.Check(ctx, result)
		return reason, err
	}
}
