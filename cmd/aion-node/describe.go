package main

import (
	"context"
	"encoding/json"
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
		Short: "Describe a run: its status and what it waits for",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref.WorkflowID = args[0]
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			d, err := c.Describe(cmd.Context(), ref, a.readOptions()...)
			if err != nil {
				return err
			}
			return a.answer(d, func(w io.Writer) {
				card(w, append(runLines(&d.Run), a.moreLines(cmd.Context(), c, d)...)...)
				if d.Error != nil {
					printDetails(w, d.Error.Details)
				}
				printChildren(w, d)
				printPending(w, d.PendingActivities, d.PendingActivitiesTotal)
			})
		},
	}
	addRunFlag(cmd, &ref)
	return cmd
}

// withheld stands where a payload is that the token may not see.
const withheld = "withheld: the token lacks the grant payload"

// moreLines returns the lines of a description in addition to the run's status.
func (a *app) moreLines(ctx context.Context, c *client.Client, d *wire.Described) [][2]string {
	input, result, failure, unread := printable(string(d.Input)), "", "", ""
	if d.Status == "completed" {
		result = printable(string(d.Result))
	}
	if d.Error != nil {
		failure = printable(d.Error.Error())
	}
	if d.PayloadWithheld {
		input, result, failure = withheld, "", ""
	}
	if d.UnreadSignals > 0 {
		unread = strconv.FormatUint(d.UnreadSignals, 10) + a.namesOfSignals(ctx, c, d)
	}
	return [][2]string{
		{"input", input}, {"result", result}, {"error", failure},
		{"cancel reason", d.CancelReason}, {"pause reason", d.PauseReason}, {"signals not taken", unread},
	}
}

// namesOfSignals lists the names of the signals that a run has received, if its history is short
// enough to read: this reveals a misspelled name.
func (a *app) namesOfSignals(ctx context.Context, c *client.Client, d *wire.Described) string {
	if d.Events > wire.MaxPage {
		return ""
	}
	h, err := c.History(ctx, wire.RunRef{WorkflowID: d.WorkflowID, RunID: d.RunID}, 1, wire.MaxPage, 0, a.readOptions()...)
	if err != nil {
		return ""
	}
	var names []string
	received := uint64(0)
	for _, e := range h.Events {
		var data struct {
			Name string `json:"name"`
		}
		if e.Type == "SignalReceived" && json.Unmarshal(e.Data, &data) == nil {
			received++
			if !slices.Contains(names, data.Name) {
				names = append(names, data.Name)
			}
		}
	}
	text := " of " + strconv.FormatUint(received, 10) + " received: "
	if received == d.UnreadSignals {
		text = ": "
	}
	return text + strings.Join(names, ", ")
}

// printChildren lists the open children of a run.
func printChildren(w io.Writer, d *wire.Described) {
	if len(d.Children) == 0 {
		return
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, c := range d.Children {
		rows = append(rows, []string{c.WorkflowID, c.WorkflowType, c.Status})
	}
	table(w, "", []string{"CHILD", "TYPE", "STATUS"}, rows)
	if d.ChildrenTotal > 0 {
		fmt.Fprintf(w, "and %d more\n", d.ChildrenTotal-uint64(len(d.Children)))
	}
}

// runLines describes the state of a run.
func runLines(r *wire.Run) [][2]string {
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
	if r.BeginsAt != nil {
		status += ", begins " + stamp(*r.BeginsAt)
	}
	return [][2]string{
		{"workflow", r.WorkflowID}, {"run", r.RunID}, {"type", r.WorkflowType}, {"version", r.Version},
		{"status", status}, {"started", moment(r.StartedAt)}, {"closed", closed}, {"parent", parent}, {"schedule", r.Schedule},
		{"copy of", originText(r)}, {"reset as", resetAs(r)},
		{"attributes", printable(attributes(r.Attributes))}, {"events", strconv.FormatUint(r.Events, 10)},
		{"waiting on", printable(waits(r.WaitingOn))},
	}
}

// originText tells the run whose history a run begins with.
func originText(r *wire.Run) string {
	o := r.ResetOf
	if o == nil {
		return ""
	}
	text := fmt.Sprintf("run %s, up to turn %d", o.RunID, o.Turn)
	if o.Fork {
		text += ", of " + o.WorkflowID
	}
	return text
}

func resetAs(r *wire.Run) string {
	if r.ResetAs == "" {
		return ""
	}
	return "run " + r.ResetAs
}

func moment(t time.Time) string {
	return stamp(t) + " (" + ago(t, time.Now()) + ")"
}

func attributes(m wire.Attributes) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, k+"="+string(m[k]))
	}
	return strings.Join(list, " ")
}

// waits tells what a run waits for, the same thing only once.
func waits(list []wire.Wait) string {
	var parts []string
	times := map[string]int{}
	for _, wait := range list {
		part := wait.Kind
		if wait.Name != "" {
			part += " " + wait.Name
		}
		if times[part]++; times[part] == 1 {
			parts = append(parts, part)
		}
	}
	for i, part := range parts {
		if n := times[part]; n > 1 {
			parts[i] = fmt.Sprintf("%s (%d times)", part, n)
		}
	}
	return strings.Join(parts, ", ")
}
