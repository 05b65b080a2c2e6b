package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func queueCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "queue", Short: "Look at the queues of activities and limit them"})
	cmd.AddCommand(queueListCmd(a), queueDescribeCmd(a), queueLimitCmd(a))
	return cmd
}

func queueListCmd(a *app) *cobra.Command {
	var page wire.Page
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List queues by name",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkPage(page); err != nil {
				return err
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Queues, error) {
				return c.Queues(ctx, page, a.readOptions()...)
			}, func(w io.Writer, q *wire.Queues) {
				printQueues(w, q.Queues...)
				more(w, q.NextCursor)
			})
		},
	}
	addPageFlags(cmd, &page)
	return cmd
}

func queueDescribeCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "describe QUEUE",
		Short: "Show the state of a queue, and who polls it",
		Long: `Show the state of a queue, and the workers that have polled it within the last hour, as the node that leads has seen them: the node that they called, when they polled last, how many of
their polls wait, and how many attempts they hold. A node that has just begun to lead learns of each with its next poll or heartbeat.`,
		Args: arguments("QUEUE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.QueueAnswer, error) {
				return c.Queue(ctx, args[0], a.readOptions()...)
			}, func(w io.Writer, q *wire.QueueAnswer) {
				if q.Offered+q.Backoff+q.Leased == 0 && q.Limits == (wire.QueueLimits{}) && (q.Polled == nil || q.Polled.Total == 0) {
					fmt.Fprintf(w, "there is no queue %s now: it has neither tasks nor limits; aion-node queue list names those that have%s\n",
						printable(q.Queue.Queue), didYouMean(a.similarNames(cmd.Context(), q.Queue.Queue, queueNames)))
					return
				}
				printQueues(w, q.Queue)
				printPollers(w, q.Polled)
			})
		},
	}
}

func queueLimitCmd(a *app) *cobra.Command {
	var l wire.QueueLimits
	var none bool
	var concurrency string
	cmd := &cobra.Command{
		Use:   "limit QUEUE",
		Short: "Limit how many attempts a queue has at a time, and how many it begins",
		Long: `Limit how many attempts of a queue's activities are in the hands of workers at a time, and how many are begun in a time. Limits that are not named stay as they are;
--concurrency none and --rate none take one away, --none takes all away. --concurrency 0 stops the queue.`,
		Args: arguments("QUEUE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			switch some := given("concurrency") || given("rate") || given("burst"); {
			case none && some:
				return usage("--none removes all limits: give it alone")
			case given("burst") && l.Burst == 0:
				return usage("--burst is 0: 1 or more is allowed, and without it the number in --rate")
			case !none && !some:
				return usage("no limit is given: --concurrency, --rate, --burst or --none")
			}
			if given("concurrency") && concurrency != "none" {
				n, err := strconv.ParseUint(concurrency, 10, 64)
				if err != nil {
					return usage("--concurrency is %q: a number is allowed, 0 to stop the queue, or none", concurrency)
				}
				l.Concurrency = &n
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.QueueAnswer, error) {
				set := wire.QueueLimits{}
				if !none {
					now, err := c.Queue(ctx, args[0])
					if err != nil {
						return nil, err
					}
					set = mergeLimits(now.Limits, l, given)
				}
				return c.LimitQueue(ctx, args[0], set, a.mutationOptions()...)
			}, func(w io.Writer, q *wire.QueueAnswer) {
				fmt.Fprintf(w, "queue %s: %s (index %d)%s\n", q.Queue.Queue, limitsOf(q.Limits), q.Index, repeatNote(q.Deduplicated))
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&concurrency, "concurrency", "", "at most `N` attempts at a time; 0 stops the queue, none = no limit")
	f.StringVar(&l.Rate, "rate", "", "begin at most `N/TIME`, such as 10/s, 600/m or 5/1h30m; none = no limit")
	f.Uint64Var(&l.Burst, "burst", 0, "begin at most `N` at once after a quiet time (default: the number in --rate)")
	f.BoolVar(&none, "none", false, "remove all limits")
	return cmd
}

// mergeLimits applies the given limits to the existing ones. A new rate replaces the burst too.
func mergeLimits(now, l wire.QueueLimits, given func(flag string) bool) wire.QueueLimits {
	if given("concurrency") {
		now.Concurrency = l.Concurrency
	}
	if given("rate") {
		now.Rate, now.Burst = l.Rate, 0
		if l.Rate == "none" {
			now.Rate = ""
		}
	}
	if given("burst") {
		now.Burst = l.Burst
	}
	return now
}

func printQueues(w io.Writer, queues ...wire.Queue) {
	var rows [][]string
	for _, q := range queues {
		rows = append(rows, []string{printable(q.Queue), number(q.Offered), number(q.Backoff), number(q.Leased), limitsOf(q.Limits)})
	}
	table(w, "no queues", []string{"QUEUE", "OFFERED", "BACKING OFF", "LEASED", "LIMITS"}, rows)
}

func limitsOf(l wire.QueueLimits) string {
	text := ""
	if n := l.Concurrency; n != nil && *n == 0 {
		text = "stopped"
	} else if n != nil {
		text = fmt.Sprintf("%d at a time", *n)
	}
	if l.Rate != "" {
		if text != "" {
			text += ", "
		}
		text += l.Rate
		if l.Burst > 0 {
			text += fmt.Sprintf(" (burst %d)", l.Burst)
		}
	}
	return cmp.Or(text, "no limits")
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// printPollers shows who polls a queue.
func printPollers(w io.Writer, p *wire.Polled) {
	if p == nil {
		fmt.Fprint(w, "\nwho polls it: ask without --stale, the node that leads knows\n")
		return
	}
	var rows [][]string
	for _, one := range p.Pollers {
		activities := strings.Join(one.Activities, ", ")
		if one.MoreActivities > 0 {
			activities += fmt.Sprintf(" and %d more", one.MoreActivities)
		}
		rows = append(rows, []string{one.WorkerID, cmp.Or(one.Version, "-"), one.Node, past(w, one.LastPoll, time.Now()), strconv.Itoa(one.Waiting), strconv.FormatUint(one.Leased, 10), activities})
	}
	fmt.Fprintln(w)
	table(w, "no worker has polled it within the last hour, or since this node leads ("+past(w, p.Since, time.Now())+")", []string{"WORKER", "VERSION", "AT", "LAST POLL", "WAITING", "HOLDS", "ACTIVITIES"}, rows)
	if more := p.Total - len(p.Pollers); more > 0 {
		fmt.Fprintf(w, "and %d workers more\n", more)
	}
}
