package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/cmd/aion-node/dev"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// eventNames are the events of the stream.
var eventNames = []string{"PackageLoaded", "RouteChanged", "VersionUnloaded", "VersionDrained", "CanaryStarted", "CanaryChanged", "CanaryPromoted", "CanaryAborted", "DeployRefused", "VersionReadinessChanged", "LeaderChanged", "MemberChanged", "PolicyChanged", "WorkflowClosed"}

func eventsCmd(a *app) *cobra.Command {
	var names []string
	var after uint64
	var limit int
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Watch what happens in the cluster: deploys, leaders, members, runs that end",
		Long: `Print the cluster's events as they come, until interrupted; with --json each is a document on a line of its own. The number in front is the log index, shown
with the last event of each index: --after that number goes on from there.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := client.EventFilter{Names: names}
			if cmd.Flags().Changed("after") {
				f.After = &after
			}
			for _, n := range names {
				if !slices.Contains(eventNames, n) {
					return usage("--name %q is not one of %s", n, strings.Join(eventNames, ", "))
				}
			}
			if limit < 0 {
				return usage("--limit %d is negative", limit)
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			return a.following(cmd.Context(), func(ctx context.Context) error { return a.followEvents(ctx, c, f, limit) })
		},
	}
	cmd.Flags().StringSliceVar(&names, "name", nil, "only events called `NAME`; repeat it or separate by commas")
	cmd.Flags().Uint64Var(&after, "after", 0, "events of log indexes above `INDEX`, 0 = from the oldest that is kept (default: from now on)")
	cmd.Flags().IntVar(&limit, "limit", 0, "stop after `N` events; 0 = go on")
	return cmd
}

// followEvents prints events as they appear.
func (a *app) followEvents(ctx context.Context, c *client.Client, f client.EventFilter, limit int) error {
	n := 0
	a.after = afterwards{goesOn: "the cluster goes on", look: "aion-node events"}
	for e, err := range c.Events(ctx, f) {
		if err != nil {
			return err
		}
		if err := a.event(e.ID, e.Name, e.Data); err != nil {
			return err
		}
		if e.Name == "WorkflowClosed" && !a.json {
			a.printFailureCause(ctx, c, e.Data)
		}
		if e.ID > 0 {
			a.after.look = fmt.Sprintf("aion-node events --after %d", e.ID)
		}
		if n++; n == limit {
			return nil
		}
	}
	return nil
}

// printFailureCause prints why a run failed, below its event.
func (a *app) printFailureCause(ctx context.Context, c *client.Client, data json.RawMessage) {
	var closed struct {
		WorkflowID string `json:"workflow_id"`
		RunID      string `json:"run_id"`
		Status     string `json:"status"`
	}
	if json.Unmarshal(data, &closed) != nil || closed.Status != "failed" || closed.WorkflowID == "" {
		return
	}
	ref := wire.RunRef{WorkflowID: closed.WorkflowID, RunID: closed.RunID}
	run, err := c.Describe(ctx, ref, client.Stale())
	if err != nil {
		return // deleted since
	}
	why, err := dev.Why(ctx, c, ref, run.Events)
	if err != nil || why.Error == "" {
		return
	}
	lines := []string{why.Error}
	if why.Step != "" {
		lines = append(lines, "in "+why.Step)
	}
	for _, line := range append(lines, why.Stack...) {
		fmt.Fprintf(a.out, "          %s\n", oneLine(line))
	}
}

func (a *app) event(id uint64, name string, data json.RawMessage) error {
	if a.json {
		return a.document(struct {
			ID    uint64          `json:"id,omitempty"`
			Event string          `json:"event"`
			Data  json.RawMessage `json:"data"`
		}{id, name, data})
	}
	index := ""
	if id > 0 {
		index = fmt.Sprint(id)
	}
	_, err := fmt.Fprintf(a.out, "%8s  %-24s %s\n", index, name, printable(string(data)))
	return err
}
