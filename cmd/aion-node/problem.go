package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// Exit statuses.
const (
	exitRefused = 1 // it did not happen
	exitUsage   = 2 // the command line or the configuration is wrong
	exitUnknown = 3 // it may have happened; repeating the request id finds out
	exitOpen    = 4 // the run in question is still open
)

// reportError prints an error on stderr, and with --json also as the one document on stdout. It
// returns the exit status.
func (a *app) reportError(ctx context.Context, cmd *cobra.Command, err error) int {
	if status, ok := reportedStatus(err); ok {
		return status
	}
	p, status := problemOf(cmd, err)
	if q := a.interrupted(ctx, err); q != nil {
		p, status = q, exitInterrupted
	}
	p.Hint = a.didYouMeanHint(ctx, p)
	var id string
	if p.Outcome == wire.Unknown && p.Fact("request_id", &id) {
		if hint := a.repetition(cmd, id); hint != "" {
			p.Hint = hint
		}
	}
	a.printProblem(p)
	if a.json {
		_ = a.document(p)
	}
	return status
}

// printProblem prints a problem for people, including the holders that it names.
func (a *app) printProblem(p *wire.Problem) {
	fmt.Fprintf(a.err, "error[%s]: %s\n", p.Code, printable(p.Detail))
	for _, line := range holders(p) {
		fmt.Fprintln(a.err, "  "+printable(line))
	}
	var details json.RawMessage // of a query handler that failed
	var stack []string          // of code that failed while its package was checked
	if !p.Fact("stack", &stack) && p.Fact("details", &details) {
		stack = stackOf(details)
	}
	for _, frame := range stack {
		fmt.Fprintln(a.err, "  "+printable(frame))
	}
	var id string
	if p.Outcome == wire.Unknown && p.Fact("request_id", &id) {
		fmt.Fprintf(a.err, "request id: %s\n", printable(id))
	}
	if p.Hint != "" {
		fmt.Fprintf(a.err, "hint: %s\n", strings.ReplaceAll(printable(p.Hint), "`", ""))
	}
}

// problemOf converts a command's error into a problem and an exit status.
func problemOf(cmd *cobra.Command, err error) (*wire.Problem, int) {
	var wrong *usageError
	if errors.As(err, &wrong) {
		hint := "aion-node --help"
		if cmd != nil {
			hint = cmd.CommandPath() + " --help"
		}
		return local("usage", "The command line is wrong", wrong.reason, hint), exitUsage
	}
	var bad *config.Error
	if errors.As(err, &bad) {
		return local("invalid_config", "The configuration is wrong", err.Error(), "docs/CONFIGURATION.md lists every key; so does aion-node serve --help"), exitUsage
	}
	var p *wire.Problem
	if errors.As(err, &p) {
		if p.Outcome == wire.Unknown {
			return p, exitUnknown
		}
		return p, exitRefused
	}
	var refusal wire.Refusal // errors found before any call: in a project or an archive
	if errors.As(err, &refusal) {
		if _, known := wire.Lookup(refusal.Code()); known {
			p := wire.Of(err)
			if p.Code == "invalid_package" {
				p.Hint = "Nothing was sent. aion-node check DIR says the same for editors and CI"
			}
			return p, exitRefused
		}
	}
	var unsound *wrongBackup
	if errors.As(err, &unsound) {
		return local("damaged", "The backup cannot be used", lineOf(err), "Another copy may be sound: aion-node backup verify FILE tells."), exitRefused
	}
	var file *fs.PathError
	if errors.As(err, &file) {
		return local("file", "A file cannot be used", lineOf(err), hintOf(err)), exitRefused
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return local("failed", "The command failed", err.Error(), "Does a node run there already? Another address is taken by --http-address, --raft-address and --gossip-address."), exitRefused
	}
	if errors.Is(err, context.Canceled) {
		return local("interrupted", "The command was interrupted", "interrupted before it was done", ""), exitRefused
	}
	return local("failed", "The command failed", lineOf(err), hintOf(err)), exitRefused
}

// hintOf returns what to do about an error of the operating system.
func hintOf(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "Free space on that disk, or enlarge it. A node goes on from what was durable: start it again."
	case errors.Is(err, syscall.EMFILE):
		return "Raise the limit of open files (ulimit -n, LimitNOFILE=) and start again."
	}
	return ""
}

// lineOf joins several errors on one line: supervisors show the last line of a node that ended.
func lineOf(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// local makes a problem that did not come from a node.
func local(code, title, detail, hint string) *wire.Problem {
	return &wire.Problem{Status: 400, Code: code, Title: title, Detail: detail, Outcome: wire.Rejected, Hint: hint}
}

// holders lists what a refusal to unload names: how many runs hold the version in which way, and
// the first of them.
func holders(p *wire.Problem) []string {
	var counts wire.PinCounts
	var first []wire.PinHolder
	if !p.Fact("counts", &counts) || !p.Fact("holders", &first) {
		return nil
	}
	lines := []string{summary(counts)}
	for _, h := range first {
		lines = append(lines, fmt.Sprintf("%-16s  %s  (run %s, since %s)", h.Kind, h.WorkflowID, h.RunID, stamp(h.Since)))
	}
	if more := counts.Total() - uint64(len(first)); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

// summary formats pin counts for people.
func summary(c wire.PinCounts) string {
	var parts []string
	for _, k := range []struct {
		n    uint64
		name string
	}{{c.InFlightStart, "in_flight_start"}, {c.LiveRun, "live_run"}, {c.RecoverableRun, "recoverable_run"}, {c.RecordedChild, "recorded_child"}} {
		if k.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k.n, k.name))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
