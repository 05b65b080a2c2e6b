package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func unloadCmd(a *app) *cobra.Command {
	var wait, drained, cancel bool
	var message string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "unload TYPE VERSION",
		Short: "Remove a version that nothing is routed to and nothing pins",
		Long: `Remove the package of VERSION, with all its workflow types, from every node, for good. It is refused while a route points at it or an open run pins it.

With --when-drained, the cluster unloads it in exactly the log entry after which nothing pins it, which may be this one. Runs that start on it meanwhile are waited for;
a route to it takes the request back, and so does --cancel.

With --wait, watch the runs that pin it and unload it when none is left. Each try has a request id of its own: ID/1, ID/2, ... if --request-id ID is given.`,
		Args: arguments("TYPE", "VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if timeout != 0 && !wait {
				return usage("--timeout makes sense only with --wait")
			}
			if wait && drained || wait && cancel || drained && cancel {
				return usage("--wait, --when-drained and --cancel exclude each other")
			}
			if timeout < 0 {
				return usage("--timeout %s is negative", timeout)
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			u := &unload{client: c, typ: args[0], version: args[1], message: message, requestID: a.requestID}
			var answer *wire.UnloadAnswer
			switch {
			case drained:
				answer, err = c.UnloadWhenDrained(cmd.Context(), u.typ, u.version, message, a.mutationOptions()...)
			case cancel:
				answer, err = c.CancelUnload(cmd.Context(), u.typ, u.version, message, a.mutationOptions()...)
			case wait:
				again := fmt.Sprintf("aion-node unload %s %s", quoted(u.typ), quoted(u.version))
				a.after = afterwards{goesOn: "nothing was unloaded, and the runs that pin the version go on", look: again + " --wait"}
				if a.requestID == "" {
					a.repeat = again // without --wait: each try had a request id of its own
				}
				answer, err = u.whenFree(cmd.Context(), newProgress(a.err), timeout)
			default:
				answer, err = c.Unload(cmd.Context(), u.typ, u.version, message, a.mutationOptions()...)
			}
			if err != nil {
				return u.explain(err, wait)
			}
			return a.answer(answer, func(w io.Writer) {
				said := "unloaded %s version %s (index %d)%s\n"
				switch {
				case cancel:
					said = "%s version %s stays when it is drained (index %d)%s\n"
				case answer.Pending:
					said = "%s version %s is unloaded as soon as nothing pins it (index %d)%s\n"
				}
				fmt.Fprintf(w, said, strings.Join(answer.WorkflowTypes, ", "), short(answer.Version), answer.Index, repeatNote(answer.Deduplicated))
			})
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until no open run pins the version, then unload it")
	cmd.Flags().BoolVar(&drained, "when-drained", false, "let the cluster unload it as soon as nothing pins it")
	cmd.Flags().BoolVar(&cancel, "cancel", false, "take --when-drained back")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "with --wait: give up after `DURATION`; 0 = never")
	cmd.Flags().StringVar(&message, "message", "", "`TEXT` for the deploy history")
	return cmd
}

// unload is an unload that waits until nothing pins the version.
type unload struct {
	client       *client.Client
	typ, version string
	message      string
	requestID    string // empty: the client generates one for each try
}

// explain puts the values of this call into the hint of a refusal because of pins, and does not
// advise waiting if the caller has already waited.
func (u *unload) explain(err error, waited bool) error {
	var p *wire.Problem
	if !errors.As(err, &p) || p.Code != "version_pinned" {
		return err
	}
	q := *p
	name := quoted(u.typ) + " " + quoted(u.version)
	q.Hint = fmt.Sprintf("aion-node pins %s lists them; aion-node unload %s --when-drained unloads it once they are closed.", name, name)
	if waited {
		q.Hint = fmt.Sprintf("They are still open: aion-node pins %s lists them; a longer --timeout waits longer.", name)
	}
	return &q
}

// pollPins is the interval between two reads of the pins.
const pollPins = 500 * time.Millisecond

// whenFree waits until nothing pins the version and then tries to unload it; a start between the
// last read and the try begins another round.
func (u *unload) whenFree(ctx context.Context, p *progress, timeout time.Duration) (*wire.UnloadAnswer, error) {
	defer p.end()
	var expired <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		expired = t.C
	}
	for try := 1; ; try++ {
		free, err := u.waitUntilFree(ctx, p, expired)
		if err != nil {
			return nil, err
		}
		var opts []client.Option
		if u.requestID != "" {
			opts = []client.Option{client.RequestID(u.requestID + "/" + strconv.Itoa(try))}
		}
		answer, err := u.client.Unload(ctx, u.typ, u.version, u.message, opts...)
		var refusal *wire.Problem
		if err == nil || !free || !errors.As(err, &refusal) || refusal.Code != "version_pinned" {
			return answer, err
		}
	}
}

// waitUntilFree returns when waiting is no longer useful: true if nothing pins the version, or if
// the try will be refused, or answered from memory, for another reason; false if expired fired.
func (u *unload) waitUntilFree(ctx context.Context, p *progress, expired <-chan time.Time) (bool, error) {
	tick := time.NewTicker(pollPins)
	defer tick.Stop()
	for {
		pins, err := u.client.Pins(ctx, u.typ, u.version, wire.Page{Limit: 1})
		var refusal *wire.Problem
		if errors.As(err, &refusal) && refusal.Code == "unknown_version" {
			return true, nil // already gone: a repeated request id gets its first answer
		}
		if err != nil {
			return false, err
		}
		p.show(pins.Counts)
		if pins.Total == 0 || pins.RouteActive {
			return true, nil
		}
		select {
		case <-tick.C:
		case <-expired:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}
