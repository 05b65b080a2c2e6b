package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func moveCmd(a *app) *cobra.Command {
	var r wire.MoveRequest
	cmd := &cobra.Command{
		Use:   "move TYPE --from VERSION --to VERSION",
		Short: "Move open runs to another version, each after a proof that its history replays there",
		Long: `Move open runs of TYPE from one loaded version to another. Each run is replayed on the new version as far as it has come. If it asks for the same, one log entry
moves it, guarded by the number of turns that were proven; its pin goes along, and it goes on with the new code. A run that asks for something else stays where it
is and is listed with the difference.

The node that leads does the work. If it ends meanwhile, the command goes on at the next one with what is left.

Exit status: 0 if every run was moved, 1 if one stays.`,
		Args: arguments("TYPE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r.Type = args[0]
			if r.From == "" || r.To == "" {
				return usage("move: --from and --to are needed")
			}
			if len(r.IDs) > 0 && len(r.Where) > 0 {
				return usage("move: --id and --where exclude each other")
			}
			if err := readConditions(r.Where); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			a.after = afterwards{goesOn: "runs that were moved stay moved, and the leader may go on with the others", look: "aion-node list --type " + quoted(r.Type) + " --version " + quoted(r.From)}
			last, err := a.moveAll(cmd.Context(), c, r)
			if err != nil {
				return err
			}
			if err := a.answer(last, func(w io.Writer) { printMove(w, last, r.DryRun) }); err != nil {
				return err
			}
			if last.Status != "completed" || last.Diverged+last.Differed+last.Skipped > 0 {
				return &reported{exitRefused}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.From, "from", "", "`VERSION` that the runs are on, or a prefix")
	f.StringVar(&r.To, "to", "", "`VERSION` that they go to, or a prefix")
	f.StringArrayVar(&r.IDs, "id", nil, "only the run of workflow `ID`; may be repeated")
	f.StringArrayVar(&r.Where, "where", nil, "only runs where `CONDITION` holds, as for list; may be repeated: all of them")
	f.BoolVar(&r.DryRun, "dry-run", false, "prove, and move nothing")
	return cmd
}

// moveAll moves runs to the end, through leaders that end: what one has moved is no longer on the
// old version for the next. Of a leader that ended, what it told last is counted.
func (a *app) moveAll(ctx context.Context, c *client.Client, r wire.MoveRequest) (*wire.Move, error) {
	var before wire.Move // of leaders that ended
	for try := 1; ; try++ {
		opts := a.mutationOptions()
		if a.requestID != "" {
			opts = []client.Option{client.RequestID(a.requestID + "/" + strconv.Itoa(try))}
		}
		begun, err := c.StartMove(ctx, r, opts...)
		if err != nil {
			return nil, err
		}
		last, err := a.followMove(ctx, c, begun.MoveID)
		if err != nil {
			return nil, err
		}
		last.Moved, last.Done, last.Total = last.Moved+before.Moved, last.Done+before.Moved, last.Total+before.Moved
		if last.Status != "failed" || try == 20 || ctx.Err() != nil {
			return last, nil
		}
		before.Moved = last.Moved
	}
}

// followMove waits until a move has ended. One that its node no longer knows has failed.
func (a *app) followMove(ctx context.Context, c *client.Client, id string) (*wire.Move, error) {
	bar := newBacktestBar(a.err)
	defer bar.end()
	known := &wire.Move{MoveID: id, Status: "failed", Why: "the node that did it has ended"}
	cursor := ""
	for {
		m, err := c.Move(ctx, id, bar.every, wire.Page{Limit: wire.MaxPage, Cursor: cursor})
		var p *wire.Problem
		if errors.As(err, &p) && p.Code == "not_found" {
			known.Status = "failed"
			return known, nil
		}
		if err != nil {
			return nil, err
		}
		bar.draw(m.Done, m.Total, fmt.Sprintf("%d moved, %d stay", m.Moved, m.Diverged+m.Differed+m.Skipped))
		m.Results = append(known.Results, m.Results...)
		known = m
		if cursor = m.NextCursor; cursor == "" {
			return m, nil
		}
		if m.Status == "running" {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}

// printMove prints the runs that stay, and how many there are.
func printMove(w io.Writer, m *wire.Move, dry bool) {
	var rows [][]string
	for _, x := range m.Results {
		if x.Verdict == "moved" || x.Verdict == "same" {
			continue
		}
		rows = append(rows, verdictRow(wire.BacktestResult(x)))
	}
	if len(rows) > 0 {
		table(w, "", verdictHeading, rows)
	}
	done := fmt.Sprintf("%d moved", m.Moved)
	if dry {
		done = fmt.Sprintf("%d would be moved", m.Same)
	}
	fmt.Fprintf(w, "%s of %d: %s, %d diverged, %d differed, %d skipped\n", count(int(m.Done), "run"), m.Total, done, m.Diverged, m.Differed, m.Skipped)
	if shown := uint64(len(rows)); m.Diverged+m.Differed+m.Skipped > shown {
		fmt.Fprintf(w, "%d more stay and are not shown\n", m.Diverged+m.Differed+m.Skipped-shown)
	}
	if m.Status != "completed" {
		fmt.Fprintf(w, "the move %s before it was done%s; the same command takes up what is left\n", map[string]string{"stopped": "was stopped", "failed": "failed"}[m.Status], because(m.Why))
	}
}
