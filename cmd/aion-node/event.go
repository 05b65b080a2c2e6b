package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// oneEvent prints one event of a run with all its data.
func (a *app) oneEvent(ctx context.Context, c *client.Client, ref wire.RunRef, seq uint64) error {
	h, err := c.History(ctx, ref, seq, 1, 0, a.readOptions()...)
	var p *wire.Problem
	switch {
	case errors.As(err, &p) && p.Code == "invalid_input" || err == nil && len(h.Events) == 0:
		return a.noSuchEvent(ctx, c, ref, seq, err)
	case err != nil:
		return err
	}
	e := h.Events[0]
	return a.answer(e, func(w io.Writer) {
		subject := newTimeline(a, true).subject(e)
		card(w, [2]string{"seq", fmt.Sprint(e.Seq)}, [2]string{"at", exact(e.At)}, [2]string{"event", e.Type}, [2]string{"of", subject})
		var data bytes.Buffer
		if json.Indent(&data, e.Data, "", "  ") != nil {
			data.Write(e.Data)
		}
		fmt.Fprintln(w, printable(data.String()))
	})
}

// noSuchEvent says how many events a run has. If that cannot be learned, it returns err, the
// refusal of the history.
func (a *app) noSuchEvent(ctx context.Context, c *client.Client, ref wire.RunRef, seq uint64, err error) error {
	d, failed := c.Describe(ctx, ref, a.readOptions()...)
	if failed != nil || seq <= d.Events {
		return errors.Join(err, failed)
	}
	p := local("not_found", "There is no such thing", fmt.Sprintf("run %s has no event %d: it has %d so far", d.RunID, seq, d.Events),
		"aion-node "+lookAt("history", ref.WorkflowID)+" lists them")
	p.Status = 404
	return p
}
