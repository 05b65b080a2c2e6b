package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// exitInterrupted is the exit status after a signal: what a shell reports for SIGINT.
const exitInterrupted = 130

// afterwards is what to print if the command is interrupted now: what goes on without it, and the
// command line that shows it. Commands update it as they proceed.
type afterwards struct {
	goesOn string // "the run goes on"
	look   string // a command line
	facts  map[string]any
}

// interrupted converts the error of a command whose context a signal ended into what is then true:
// the cluster goes on with what was started, and a change without an answer may have happened. It
// returns nil if the error has another cause, such as a refusal that came just before.
func (a *app) interrupted(ctx context.Context, err error) *wire.Problem {
	if ctx.Err() == nil {
		return nil
	}
	var p *wire.Problem
	known := errors.As(err, &p)
	if known && p.Outcome == wire.Rejected {
		return nil
	}
	q := local("interrupted", "The command was interrupted", "interrupted before it was done", "")
	q.Facts = a.after.facts
	switch {
	case known && p.Outcome == wire.Unknown:
		q.Outcome, q.Detail = wire.Unknown, "interrupted before the answer came: it may have happened"
		q.Hint = p.Hint
		var id string
		if p.Fact("request_id", &id) {
			q = q.With("request_id", id)
		}
		if a.after.goesOn != "" { // what was done before
			q.Detail += "; " + a.after.goesOn
		}
	case a.after.goesOn != "":
		q.Detail, q.Hint = "interrupted; "+a.after.goesOn, a.after.look
	}
	return q
}

// repetition returns the hint for a change with an unknown outcome: the command line that repeats
// it under the same request id. It omits secrets.
func (a *app) repetition(cmd *cobra.Command, id string) string {
	line := a.repeat
	if line == "" && cmd != nil {
		line = commandLine(cmd, a.args)
	}
	if line == "" {
		return ""
	}
	if a.requestID == "" {
		line += " --request-id " + quoted(id)
	}
	return "to learn the outcome, repeat it under the same request id: it has at most one effect.\n  " + line
}

// commandLine formats arguments as a person would type them, without the token.
func commandLine(cmd *cobra.Command, args []string) string {
	words := []string{cmd.Root().Name()}
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--token":
			i++
		case strings.HasPrefix(args[i], "--token="):
		default:
			words = append(words, quoted(args[i]))
		}
	}
	return strings.Join(words, " ")
}

// quoted quotes one argument for a shell.
func quoted(arg string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@,%+", r)
	}
	if arg != "" && !strings.ContainsFunc(arg, func(r rune) bool { return !plain(r) }) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// lookAt formats a command about a run for people to copy. An id that starts with a dash comes
// after --, otherwise it would be parsed as a flag.
func lookAt(command, id string, flags ...string) string {
	words := append([]string{command, quoted(id)}, flags...)
	if strings.HasPrefix(id, "-") {
		words = append(append([]string{command}, flags...), "--", quoted(id))
	}
	return strings.Join(words, " ")
}

// runGoesOn sets what to print about a run after an interrupt.
func (a *app) runGoesOn(id, look string) {
	a.after = afterwards{goesOn: fmt.Sprintf("the run %s goes on", id), look: "aion-node " + look,
		facts: map[string]any{"workflow_id": id}}
}
