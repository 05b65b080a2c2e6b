package client

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"aion.dev/aion/transport/wire"
)

// batchBytes bounds the inputs and attributes of one call of StartMany. A node accepts 16 MiB of
// JSON.
const batchBytes = 8 << 20

// StartMany starts runs, each by itself, and returns a reply for each, in the order asked: the run,
// or the problem that a Start of its own would have ended with. It makes as many calls as the
// starts need, and repeats those that may succeed in a moment or whose outcome is unknown, as Start
// does. If there is an error, too, the starts that have neither a run nor a problem were not
// answered: they may or may not have happened, and StartMany with the same request ids finds out.
//
// A start without a RequestID gets one that follows from the option RequestID and its place.
func (c *Client) StartMany(ctx context.Context, starts []wire.StartItem, opts ...Option) ([]wire.StartReply, error) {
	base := change(http.MethodPost, nil, "v1", "workflows:batch").with(opts)
	own := func(s wire.StartItem) bool { return s.RequestID != "" }
	if base.requestID == "" { // keys of the caller's own are kept for as long as they should be
		base.requestID, base.generated = NewRequestID(), !slices.ContainsFunc(starts, own)
	}
	starts = slices.Clone(starts)
	for i := range starts {
		s := &starts[i]
		if err := checkJSON(fmt.Sprintf("starts[%d].input", i), s.Input); err != nil {
			return nil, err
		}
		if err := checkAttributes(s.Attributes); err != nil {
			return nil, err
		}
		s.RequestID = cmp.Or(s.RequestID, base.requestID+"/"+strconv.Itoa(i))
	}
	replies := make([]wire.StartReply, len(starts))
	for next := 0; next < len(starts); {
		n := fitting(starts[next:])
		if err := c.startPart(ctx, *base, starts[next:next+n], replies[next:next+n]); err != nil {
			return replies, err
		}
		next += n
	}
	return replies, nil
}

// fitting returns how many of the starts one call takes.
func fitting(starts []wire.StartItem) int {
	bytes := 0
	for i, s := range starts[:min(len(starts), wire.MaxStarts)] {
		bytes += len(s.Input) + 1024
		for name, value := range s.Attributes {
			bytes += len(name) + len(value)
		}
		if i > 0 && bytes > batchBytes {
			return i
		}
	}
	return min(len(starts), wire.MaxStarts)
}

// startPart makes one call, and repeats what in it was not settled, as long as c has patience.
func (c *Client) startPart(ctx context.Context, base call, starts []wire.StartItem, replies []wire.StartReply) error {
	open := make([]int, len(starts))   // the places of those that are not settled
	maybe := make([]bool, len(starts)) // an attempt of it may have taken effect
	for i := range open {
		open[i] = i
	}
	until := time.Now().Add(cmp.Or(base.total, c.patience))
	for round := 1; ; round++ {
		var batch wire.StartBatch
		for _, i := range open {
			batch.Starts = append(batch.Starts, starts[i])
		}
		call, a := base, wire.StartReplies{}
		call.setBody(batch)
		err := c.do(ctx, &call, &a)
		if err == nil && len(a.Results) != len(open) {
			err = wire.New("internal", fmt.Sprintf("the node replied to %d starts of %d", len(a.Results), len(open)))
		}
		if err != nil {
			return err
		}
		var again []int
		for n, i := range open {
			replies[i] = a.Results[n]
			if p := replies[i].Problem; p != nil && mayRepeat(p) {
				again = append(again, i)
				maybe[i] = maybe[i] || call.maybe || mayHaveHappened(p)
			}
		}
		if open = again; len(open) == 0 || !pause(ctx, round, until) {
			break
		}
	}
	for _, i := range open {
		if maybe[i] {
			p := replies[i].Problem
			if p.Code != "outcome_unknown" {
				p = wire.New("outcome_unknown", "an answer was lost, and no later attempt learned the outcome: "+p.Error())
			}
			replies[i].Problem = p.With("request_id", starts[i].RequestID)
		}
	}
	return nil
}
