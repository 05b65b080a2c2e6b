package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// startAndUpdate starts a run with an update, and tells the answer as update does.
func (a *app) startAndUpdate(ctx context.Context, c *client.Client, r wire.StartRequest) error {
	s, err := c.StartAndUpdate(ctx, r, forever, a.mutationOptions()...)
	if s == nil {
		return err
	}
	if !a.json {
		fmt.Fprintf(a.out, "%s %s: workflow %s, run %s, version %s%s\n", cmp.Or(s.Outcome, "started"), r.Type, s.WorkflowID, s.RunID, short(s.Version), outcomeNote(s))
	}
	if err != nil {
		return err
	}
	if s.UpdateProblem != nil {
		if !a.json {
			return s.UpdateProblem
		}
		if err := a.document(s); err != nil { // the problem is in it
			return err
		}
		if s.UpdateProblem.Outcome == wire.Unknown {
			return &reported{exitUnknown}
		}
		return &reported{exitRefused}
	}
	if err := a.answer(s, func(w io.Writer) { printUpdate(w, s.Update) }); err != nil {
		return err
	}
	return updateStatus(s.Update)
}
