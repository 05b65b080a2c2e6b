package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func backtestCmd(a *app) *cobra.Command {
	var r wire.BacktestRequest
	cmd := &cobra.Command{
		Use:   "backtest FILE|DIR|VERSION",
		Short: "Replay recorded histories on code that need not be loaded, and show where it would do something else",
		Long: `Replay recorded histories on a candidate: an archive, a folder with a workflow.toml, or a version that is loaded. Nothing is executed and nothing
changes: timers, signals, children and outcomes come from the histories. It runs on one node, at a bounded share of its CPU (limits.backtest_cpu): on one
that does not lead, if the cluster tells of one that can be reached.

Each history has a verdict: same (the candidate asks for the same and ends the same), diverged (it asks for something else: shown are the first place and both
sides), differed (it asks for the same and ends with another result or error), skipped (it was not replayed). With --json every result is in the answer, as far
as the node keeps them.

Exit status: 0 if nothing diverged, 1 if something did.`,
		Args:              arguments("FILE|DIR|VERSION"),
		ValidArgsFunction: completeFiles("aion"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkBacktest(&r); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			index, err := a.candidate(cmd.Context(), c, args[0], &r)
			if err != nil {
				return err
			}
			b, err := a.startBacktest(cmd.Context(), c, r, index)
			if err != nil {
				return err
			}
			defer b.client.Close()
			last, err := b.follow(cmd.Context())
			if err != nil {
				b.stop(cmd.Context())
				return err
			}
			if err := a.answer(last, func(w io.Writer) { printBacktest(w, last) }); err != nil {
				return err
			}
			if last.Status != "completed" || last.Diverged > 0 {
				return &reported{exitRefused}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&r.Types, "type", nil, "only runs of workflow `TYPE`; may be repeated")
	f.StringVar(&r.Runs, "runs", "all", "which: `open|closed|all`")
	f.StringVar(&r.Since, "since", "", "only runs that started since `TIME`: a duration before now (24h, 7d), or RFC 3339")
	f.Uint64Var(&r.Limit, "limit", 0, "the newest `N` of them; 0 = all")
	f.StringArrayVar(&r.Where, "where", nil, "only runs where `CONDITION` holds, as for list; may be repeated: all of them")
	return cmd
}

// checkBacktest rejects what a node would, and spells days as hours.
func checkBacktest(r *wire.BacktestRequest) error {
	switch r.Runs {
	case "open", "closed", "all":
	default:
		return usage("--runs %q is not open, closed or all", r.Runs)
	}
	if err := readConditions(r.Where); err != nil {
		return err
	}
	if r.Since == "" {
		return nil
	}
	if d, err := days(r.Since); err == nil && d > 0 {
		r.Since = d.String()
		return nil
	}
	if _, err := time.Parse(time.RFC3339, r.Since); err != nil {
		return usage("--since %q is neither a duration such as 24h or 7d nor a time in RFC 3339", r.Since)
	}
	return nil
}

// candidate names in r the code to try, after storing it if it is a file or a folder. index is one
// at which everything that was acknowledged before can be seen.
func (a *app) candidate(ctx context.Context, c *client.Client, what string, r *wire.BacktestRequest) (index uint64, err error) {
	if _, missing := os.Stat(what); missing == nil || what == "-" {
		archive, err := a.readArchive(ctx, what)
		if err != nil {
			return 0, err
		}
		stored, err := c.StoreArchive(ctx, archive) // under a key of its own
		if err != nil {
			return 0, err
		}
		r.Archive = stored.Archive
	} else if isVersion(what) {
		r.Version = what
	} else {
		return 0, usage("backtest: %s is no file, no folder and no version", what)
	}
	counts, err := c.Counts(ctx, wire.RunFilter{Type: first(r.Types)}, a.readOptions()...)
	if err != nil {
		return 0, err
	}
	return counts.Index, nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// isVersion reports whether text may be a version, or a prefix of one.
func isVersion(text string) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(text) >= 6 && len(text) <= 64
}

// backtest is one under way, and the node that runs it.
type backtest struct {
	client *client.Client // of that node alone
	id     string
	app    *app
}

// startBacktest starts a backtest on a node that does not lead, if one can be reached, else on one
// of those addressed.
func (a *app) startBacktest(ctx context.Context, c *client.Client, r wire.BacktestRequest, index uint64) (*backtest, error) {
	opts := append(a.mutationOptions(), client.MinIndex(index))
	var refused error
	for _, address := range append(a.followers(ctx, c), c.Addresses()...) {
		one := *a
		one.addresses, one.patience, one.contact = []string{address}, min(a.patience, 2*time.Second), min(a.contact, 2*time.Second)
		node, err := one.connect()
		if err != nil {
			return nil, err
		}
		begun, err := node.StartBacktest(ctx, r, opts...)
		if err == nil {
			a.after = afterwards{goesOn: "the backtest was stopped; nothing was changed"}
			return &backtest{client: node, id: begun.BacktestID, app: a}, nil
		}
		node.Close()
		refused = err
		var p *wire.Problem
		if ctx.Err() != nil || errors.As(err, &p) && p.Outcome == wire.Rejected && p.Code != "resource_exhausted" {
			break
		}
	}
	return nil, refused
}

// followers lists where nodes that do not lead may be reached: in the same way as the node that
// tells of them.
func (a *app) followers(ctx context.Context, c *client.Client) (addresses []string) {
	cluster, err := c.Cluster(ctx)
	if err != nil {
		return nil
	}
	base, err := url.Parse(c.Addresses()[0])
	if err != nil {
		return nil
	}
	for _, m := range cluster.Members {
		if !m.Leader && m.Status == "alive" && m.HTTPAddress != "" {
			addresses = append(addresses, base.Scheme+"://"+m.HTTPAddress)
		}
	}
	return addresses
}

// follow waits until the backtest has ended, shows how far it has come, and returns all of its
// results that the node keeps.
func (b *backtest) follow(ctx context.Context) (*wire.Backtest, error) {
	bar := newBacktestBar(b.app.err)
	defer bar.end()
	var all []wire.BacktestResult
	cursor := ""
	for {
		r, err := b.client.Backtest(ctx, b.id, bar.every, wire.Page{Limit: wire.MaxPage, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		bar.show(r)
		all = append(all, r.Results...)
		if cursor = r.NextCursor; cursor == "" {
			r.Results = all
			return r, nil
		}
	}
}

// stop stops the backtest of a caller who does not wait for it any more.
func (b *backtest) stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_, _ = b.client.StopBacktest(ctx, b.id) // it ends by itself, too
}

// backtestBar shows how far a backtest has come, on a terminal.
type backtestBar struct {
	w     io.Writer
	width int
	every time.Duration // between two looks
	shown bool
}

func newBacktestBar(w io.Writer) *backtestBar {
	width, ok := terminal(w)
	if !ok {
		return &backtestBar{w: w, every: 10 * time.Second}
	}
	return &backtestBar{w: w, width: width, every: 300 * time.Millisecond}
}

func (p *backtestBar) show(r *wire.Backtest) { p.draw(r.Done, r.Total, verdicts(r)) }

func (p *backtestBar) draw(done, total uint64, words string) {
	if p.width == 0 {
		return
	}
	p.shown = true
	text := fmt.Sprintf(" %d/%d: %s", done, total, words)
	room := min(40, p.width-len(text)-3)
	if room < 5 {
		fmt.Fprintf(p.w, "\r\x1b[K%s", text[1:min(len(text), max(p.width, 1))])
		return
	}
	full := room
	if total > 0 {
		full = int(uint64(room) * min(done, total) / total)
	}
	fmt.Fprintf(p.w, "\r\x1b[K[%-*s]%s", room, bars(full), text)
}

func bars(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '#'
	}
	return string(b)
}

// end removes the bar: the answer says more.
func (p *backtestBar) end() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func verdicts(r *wire.Backtest) string {
	return fmt.Sprintf("%d same, %d diverged, %d differed, %d skipped", r.Same, r.Diverged, r.Differed, r.Skipped)
}

var verdictHeading = []string{"WORKFLOW ID", "VERSION", "VERDICT", "SEQ", "WHERE", "RECORDED", "ASKED"}

// verdictRow is the row of a run that is not the same.
func verdictRow(x wire.BacktestResult) []string {
	seq, recorded, asked := "", x.Recorded, x.Asked
	if x.Seq != 0 {
		seq = strconv.FormatUint(x.Seq, 10)
	}
	if x.Verdict == "skipped" {
		recorded, asked = x.Why, ""
	} else {
		recorded, asked = orNothing(recorded), orNothing(asked)
	}
	return []string{x.WorkflowID, short(x.Version), x.Verdict, seq, x.Where, printable(recorded), printable(asked)}
}

// printBacktest prints what is not the same, and how many are.
func printBacktest(w io.Writer, r *wire.Backtest) {
	var rows [][]string
	for _, x := range r.Results {
		if x.Verdict == "same" {
			continue
		}
		rows = append(rows, verdictRow(x))
	}
	if len(rows) > 0 {
		table(w, "", verdictHeading, rows)
	}
	fmt.Fprintf(w, "%s of %d: %s (node %s, index %d)\n", count(int(r.Done), "run"), r.Total, verdicts(r), r.Node, r.Index)
	if shown := uint64(len(rows)); r.Diverged+r.Differed+r.Skipped > shown {
		fmt.Fprintf(w, "%d more are not shown: a node keeps so many results\n", r.Diverged+r.Differed+r.Skipped-shown)
	}
	if r.Status != "completed" {
		fmt.Fprintf(w, "the backtest %s before it was done%s\n", map[string]string{"stopped": "was stopped", "failed": "failed"}[r.Status], because(r.Why))
	}
}

func orNothing(text string) string {
	if text == "" {
		return "nothing more"
	}
	return text
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}
