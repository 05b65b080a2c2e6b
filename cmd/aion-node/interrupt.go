package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// exitInterrupted is the exit status of a command that a signal ended: what a shell makes of
// SIGINT.
const exitInterrupted = 130

// afterwards is what to say when the command is interrupted where it stands: what goes on without
// it, and the command line that looks at it. Commands set it as they go.
type afterwards struct {
	goesOn string // "the run goes on"
	look   string // a command line
	facts  map[string]any
}

// interrupted turns the error of a command whose context a signal ended into what is true then: the
// cluster goes on with what was started, and a change whose answer had not come may have happened.
// Nil means that the error is about something else, such as a refusal that came just before.
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

// repetition is the hint of a change with an unknown outcome: the command line that repeats it
// under the same request id. Secrets are left out of it.
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

// commandLine writes arguments as one would type them, without the token.
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

// quoted writes one argument for a shell.
func quoted(arg string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@,%+", r)
	}
	if arg != "" && !strings.ContainsFunc(arg, func(r rune) bool { return !plain(r) }) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// lookAt writes a command about a run for people to copy. An id that begins with a dash stands
// behind --, or it would be read as a flag.
func lookAt(command, id string, flags ...string) string {
	words := append([]string{command, quoted(id)}, flags...)
	if strings.HasPrefix(id, "-") {
		words = append(append([]string{command}, flags...), "--", quoted(id))
	}
	return strings.Join(words, " ")
}

// runGoesOn says what an interrupt leaves behind of a run.
func (a *app) runGoesOn(id, look string) {
	a.after = afterwards{goesOn: fmt.Sprintf("the run %s goes on", id), look: "aion-node " + look,
		facts: map[string]any{"workflow_id": id}}
}
