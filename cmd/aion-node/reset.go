package main

import (
	"fmt"
	"io"
	"strings"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func resetCmd(a *app) *cobra.Command {
	return a.goBackCmd("reset ID --to TURN", "Start a run anew from a point of its history", `Start a run that begins with the history of run ID up to a point: a turn, or an event. What came after it is forgotten: steps that had no outcome then are done again.
An open run is terminated in the same step, and the new one takes its place. A closed one is taken while no run of its workflow id is open.

--to takes the number of the last turn that is kept, or
  start     nothing but the input is kept
  last      all turns are kept, but for the one that closed the run
  failure   up to the turn that began the step whose failure is the newest

aion-node debug ID and history ID show turns and events. --dry-run says what would be kept and what would be done again.`, false)
}

func forkCmd(a *app) *cobra.Command {
	return a.goBackCmd("fork ID --as NEW_ID", "Start a copy of a run beside it", `Start a run with a workflow id of its own that begins with the history of run ID up to a point, as reset does; without one, with all turns but the one that closed it.
Run ID is left alone. Both go on by themselves: what had no outcome at the point is done by both, and children are started anew.`, true)
}

func (a *app) goBackCmd(use, short, long string, fork bool) *cobra.Command {
	var ref wire.RunRef
	var r wire.ForkRequest
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Long:  long,
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref.WorkflowID = args[0]
			given := 0
			for _, flag := range []string{"to", "to-event", "to-version"} {
				if cmd.Flags().Changed(flag) {
					given++
				}
			}
			switch {
			case fork && r.As == "":
				return usage("fork: --as is needed")
			case given > 1:
				return usage("%s: --to, --to-event and --to-version exclude each other", cmd.Name())
			case given == 0 && !fork:
				return usage("reset: --to, --to-event or --to-version is needed")
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			var done *wire.ResetAnswer
			if fork {
				done, err = c.Fork(cmd.Context(), ref, r, a.mutationOptions()...)
			} else {
				done, err = c.Reset(cmd.Context(), ref, r.ResetRequest, a.mutationOptions()...)
			}
			if err != nil {
				return err
			}
			return a.answer(done, func(w io.Writer) { printReset(w, done, fork) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.To, "to", "", "keep the turns up to `TURN`: a number, start, last or failure")
	f.Uint64Var(&r.ToEvent, "to-event", 0, "keep the events up to `SEQ`, with the rest of the turn that it is in")
	f.StringVar(&r.ToVersion, "to-version", "", "keep the turns before the run was moved to `VERSION`, or a prefix")
	f.StringVar(&r.On, "on", "", "go on with `VERSION`, if the turns that are kept replay on it")
	f.BoolVar(&r.DropSignals, "drop-signals", false, "do not deliver signals and updates again that came after the point")
	f.StringVar(&r.Reason, "reason", "", "`TEXT` for the histories")
	f.BoolVar(&r.DryRun, "dry-run", false, "say what would be kept and done again, and change nothing")
	if fork {
		f.StringVar(&r.As, "as", "", "workflow `ID` of the copy")
	}
	addRunFlag(cmd, &ref)
	return cmd
}

func printReset(w io.Writer, r *wire.ResetAnswer, fork bool) {
	kept := "nothing but the input"
	if r.Turn > 0 {
		kept = fmt.Sprintf("turns 1 to %d", r.Turn)
	}
	kept += fmt.Sprintf(" (events 1 to %d)", r.Event)
	if r.Rounded {
		kept += ", with the rest of the turn that the event is in"
	}
	switch {
	case r.DryRun && fork:
		fmt.Fprintf(w, "%s would be copied as %s: %s would be kept\n", r.OfWorkflowID, r.WorkflowID, kept)
	case r.DryRun:
		fmt.Fprintf(w, "%s would be reset: %s would be kept\n", r.WorkflowID, kept)
	case fork:
		fmt.Fprintf(w, "copied %s as %s, run %s (index %d)%s\nkept: %s\n", r.OfWorkflowID, r.WorkflowID, r.RunID, r.Index, repeatNote(r.Deduplicated), kept)
	default:
		fmt.Fprintf(w, "reset %s as run %s (index %d)%s\nkept: %s\n", r.WorkflowID, r.RunID, r.Index, repeatNote(r.Deduplicated), kept)
	}
	if r.Dropped > 0 {
		fmt.Fprintf(w, "dropped: %s after that\n", count(int(r.Dropped), "event"))
	}
	if r.Ended {
		fmt.Fprintf(w, "run %s is open, and ends with it\n", r.OfRunID)
	}
	if len(r.Again) > 0 {
		var list []string
		for _, again := range r.Again[:min(len(r.Again), 20)] {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s %d %s", again.Kind, again.ID, again.Name)))
		}
		if more := len(r.Again) - len(list); more > 0 {
			list = append(list, fmt.Sprintf("%d more", more))
		}
		fmt.Fprintf(w, "under way: %s\n", strings.Join(list, ", "))
	}
	if r.Messages > 0 {
		fmt.Fprintf(w, "delivered again: %s that came later\n", count(int(r.Messages), "message"))
	}
	if r.Children > 0 {
		fmt.Fprintf(w, "taken over: children that are open, %d\n", r.Children)
	}
}
