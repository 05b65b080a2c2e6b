package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func historyCmd(a *app) *cobra.Command {
	var ref wire.RunRef
	var from uint64
	var limit int
	var follow bool
	cmd := &cobra.Command{
		Use:   "history ID",
		Short: "Tell everything that happened to a run",
		Long: `Tell the events of a run from the first on. With --follow, go on as they come, until the run has ended; with --json each event is then a document on a
line of its own.`,
		Args: arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return usage("--limit %d is negative", limit)
			}
			ref.WorkflowID = args[0]
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			if follow {
				return a.follow(cmd.Context(), c, ref, from, limit)
			}
			h, err := wholeHistory(cmd.Context(), c, ref, from, limit, a.read())
			if err != nil {
				return err
			}
			return a.answer(h, func(w io.Writer) {
				var rows [][]string
				for _, e := range h.Events {
					rows = append(rows, []string{strconv.FormatUint(e.Seq, 10), e.At.Local().Format("15:04:05.000"), e.Type, clip(printable(string(e.Data)), 120)})
				}
				table(w, "no events", []string{"SEQ", "AT", "EVENT", "DATA"}, rows)
				for _, e := range h.Events {
					tellEnd(w, e)
				}
				if h.Next > 0 && limit > 0 && len(h.Events) == limit {
					fmt.Fprintf(w, "more: --from %d\n", h.Next)
				}
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&follow, "follow", false, "go on as events come, until the run has ended")
	f.Uint64Var(&from, "from", 1, "begin with event `SEQ`")
	f.IntVar(&limit, "limit", 0, "stop after `N` events; 0 = all")
	addRunFlag(cmd, &ref)
	return cmd
}

// follow prints events as they come.
func (a *app) follow(ctx context.Context, c *client.Client, ref wire.RunRef, from uint64, limit int) error {
	n := 0
	a.runGoesOn(ref.WorkflowID, fmt.Sprintf("history %s --follow --from %d", ref.WorkflowID, max(from, 1)))
	for e, err := range c.Follow(ctx, ref, from, a.read()...) {
		if err != nil {
			return err
		}
		a.after.look = fmt.Sprintf("aion-node history %s --follow --from %d", ref.WorkflowID, e.Seq+1)
		if a.json {
			if err := a.document(e); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(a.out, "%-5d %s  %-22s %s\n", e.Seq, e.At.Local().Format("15:04:05.000"), e.Type, clip(printable(string(e.Data)), 120))
			tellEnd(a.out, e)
		}
		if n++; n == limit {
			return nil
		}
	}
	return nil
}

// wholeHistory gathers pages until the end or limit events. Next stays as the last page has it.
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
		whole.Next, whole.Index = h.Next, h.Index
		if len(h.Events) < page || h.Next == 0 || len(whole.Events) == limit {
			return whole, nil
		}
		from = h.Next
	}
}

// clip cuts a text for a table.
func clip(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}
