package main

import (
	"context"
	"fmt"
	"io"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func historyCmd(a *app) *cobra.Command {
	var ref wire.RunRef
	var from uint64
	var limit int
	var event uint64
	var follow, full bool
	cmd := &cobra.Command{
		Use:   "history ID",
		Short: "Show everything that happened to a run",
		Long: `Show the events of a run, from the first on. With --follow, continue as they come, until the run has ended; with --json each event is then a document on a
line of its own. On a terminal lines are cut to its width unless --full is given; elsewhere nothing is cut, and every line has its date and zone.

With --event SEQ, tell that event alone, with its data laid out; with --json it is the document.`,
		Args: arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return usage("--limit %d is negative", limit)
			}
			ref.WorkflowID = args[0]
			single := cmd.Flags().Changed("event")
			for _, flag := range []string{"follow", "from", "limit"} {
				if single && cmd.Flags().Changed(flag) {
					return usage("--event is one event: it does not go with --%s", flag)
				}
			}
			if single && event == 0 {
				return usage("--event 0: events are counted from 1")
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			if single {
				return a.oneEvent(cmd.Context(), c, ref, event)
			}
			if follow {
				return a.following(cmd.Context(), func(ctx context.Context) error {
					return a.followHistory(ctx, c, ref, from, limit, full)
				})
			}
			h, err := wholeHistory(cmd.Context(), c, ref, from, limit, a.readOptions())
			if err != nil {
				return err
			}
			return a.answer(h, func(w io.Writer) {
				if len(h.Events) == 0 {
					fmt.Fprintln(w, "no events")
				}
				t := newTimeline(a, full)
				for _, e := range h.Events {
					t.printEvent(e)
				}
				if h.PayloadWithheld {
					fmt.Fprintln(w, "payloads are "+withheld)
				}
				if h.Next > 0 && limit > 0 && len(h.Events) == limit {
					fmt.Fprintf(w, "more: --from %d\n", h.Next)
				}
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&follow, "follow", false, "go on as events come, until the run has ended")
	f.BoolVar(&full, "full", false, "cut nothing, on a terminal either")
	f.Uint64Var(&from, "from", 1, "begin with event `SEQ`")
	f.IntVar(&limit, "limit", 0, "stop after `N` events; 0 = all")
	f.Uint64Var(&event, "event", 0, "only event `SEQ`, whole")
	addRunFlag(cmd, &ref)
	return cmd
}

// followHistory prints events as they appear.
func (a *app) followHistory(ctx context.Context, c *client.Client, ref wire.RunRef, from uint64, limit int, full bool) error {
	n, t := 0, newTimeline(a, full)
	a.runGoesOn(ref.WorkflowID, lookAt("history", ref.WorkflowID, "--follow", "--from", fmt.Sprint(max(from, 1))))
	for e, err := range c.Follow(ctx, ref, from, a.readOptions()...) {
		if err != nil {
			return err
		}
		a.after.look = "aion-node " + lookAt("history", ref.WorkflowID, "--follow", "--from", fmt.Sprint(e.Seq+1))
		if a.json {
			if err := a.document(e); err != nil {
				return err
			}
		} else {
			t.printEvent(e)
		}
		if n++; n == limit {
			return nil
		}
	}
	return nil
}

// wholeHistory collects pages up to the end, or up to limit events. Next is the last page's.
func wholeHistory(ctx context.Context, c *client.Client, ref wire.RunRef, from uint64, limit int, opts []client.Option) (*wire.History, error) {
	whole := &wire.History{Events: []wire.Event{}}
	for {
		page := wire.MaxPage
		if limit > 0 {
			page = min(page, limit-len(whole.Events))
		}
		h, err := c.History(ctx, ref, from, page, 0, opts...)
		if err != nil {
			return nil, err
		}
		whole.Events = append(whole.Events, h.Events...)
		whole.Next, whole.Index, whole.PayloadWithheld = h.Next, h.Index, h.PayloadWithheld
		if len(h.Events) < page || h.Next == 0 || len(whole.Events) == limit {
			return whole, nil
		}
		from = h.Next
	}
}

// clip truncates a text for a table.
func clip(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}
