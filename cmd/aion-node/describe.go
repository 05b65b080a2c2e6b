package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func describeCmd(a *app) *cobra.Command {
	var ref wire.RunRef
	cmd := &cobra.Command{
		Use:   "describe ID",
		Short: "Say how a run stands and what it waits for",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref.WorkflowID = args[0]
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			d, err := c.Describe(cmd.Context(), ref, a.read()...)
			if err != nil {
				return err
			}
			why, err := a.reasonOf(cmd.Context(), c, &d.Run)
			if err != nil {
				return err
			}
			return a.answer(d, func(w io.Writer) {
				tellRun(w, &d.Run)
				fmt.Fprint(w, why)
				tellPending(w, d.PendingActivities, d.PendingActivitiesTotal)
			})
		},
	}
	addRunFlag(cmd, &ref)
	return cmd
}

// reasonOf fetches, for people, why a run failed or was quarantined: "" for other runs.
func (a *app) reasonOf(ctx context.Context, c *client.Client, r *wire.Run) (string, error) {
	if a.json || r.Status != "failed" && !r.Quarantined {
		return "", nil
	}
	// The event that says why is among the newest, unless many signals came after it; then the history tells.
	const few = 100
	h, err := c.History(ctx, wire.RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}, r.Events-min(r.Events-1, few-1), few, 0, a.read()...)
	if err != nil {
		return "", err
	}
	for _, e := range slices.Backward(h.Events) {
		var b strings.Builder
		if tellEnd(&b, e); b.Len() > 0 {
			return b.String(), nil
		}
	}
	return "", nil
}

func tellRun(w io.Writer, r *wire.Run) {
	parent, closed, status := "", "", r.Status
	if r.Parent != nil {
		parent = fmt.Sprintf("%s (run %s)", r.Parent.WorkflowID, r.Parent.RunID)
	}
	if r.ClosedAt != nil {
		closed = moment(*r.ClosedAt)
	}
	if r.Quarantined {
		status += ", quarantined: its code broke the runtime or its replay; see the history, then aion-node resume"
	}
	if r.CancelRequested {
		status += ", cancellation requested"
	}
	card(w,
		[2]string{"workflow", r.WorkflowID}, [2]string{"run", r.RunID}, [2]string{"type", r.WorkflowType}, [2]string{"version", r.Version},
		[2]string{"status", status}, [2]string{"started", moment(r.StartedAt)}, [2]string{"closed", closed}, [2]string{"parent", parent}, [2]string{"schedule", r.Schedule},
		[2]string{"attributes", printable(attributes(r.Attributes))}, [2]string{"events", strconv.FormatUint(r.Events, 10)},
		[2]string{"waiting on", printable(waits(r.WaitingOn))},
	)
}

func moment(t time.Time) string {
	return t.Local().Format("2006-01-02 15:04:05") + " (" + ago(t, time.Now()) + ")"
}

func attributes(m wire.Attributes) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, k+"="+string(m[k]))
	}
	return strings.Join(list, " ")
}

func waits(list []wire.Wait) string {
	var parts []string
	for _, wait := range list {
		part := wait.Kind
		if wait.Name != "" {
			part += " " + wait.Name
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
