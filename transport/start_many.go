package transport

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

type startManyInput struct{ Keyed }

// startMany starts many runs, each by itself: what is wrong with one is the refusal of that one.
func (s *Server) startMany(ctx context.Context, _ *startManyInput) (*answer[wire.StartReplies], error) {
	var r struct {
		Starts []json.RawMessage `json:"starts"`
	}
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	if n := len(r.Starts); n < 1 || n > s.cfg.Limits.BatchStarts {
		return nil, invalid("starts", "has %d items; 1 to %d are allowed (limits.batch_starts)", n, s.cfg.Limits.BatchStarts)
	}
	x := exchangeOf(ctx)
	body := wire.StartReplies{Results: make([]wire.StartReply, len(r.Starts))}
	var starts []engine.StartRequest
	var asked []*wire.StartRequest
	var places []int // of the starts in the list that was sent
	for i, text := range r.Starts {
		start, item, err := x.oneOfMany(c, i, text)
		if err != nil {
			body.Results[i].Problem = x.problem(ofItem("starts", i, err))
			continue
		}
		starts, asked, places = append(starts, start), append(asked, item), append(places, i)
	}
	started, index, err := s.cfg.Starter.StartMany(ctx, starts)
	if err != nil {
		return nil, err
	}
	body.Index = index
	for n, i := range places {
		one := &started[n]
		if one.Err != nil {
			body.Results[i].Problem = x.problem(refused(one.Answered, ofItem("starts", i, one.Err)))
			continue
		}
		body.Results[i] = wire.StartReply{OK: true, WorkflowID: one.Run.WorkflowID, RunID: one.Run.RunID.String(), Version: one.Run.Version.String(), Index: one.Index, Deduplicated: one.Deduplicated,
			StartOutcome: startOutcome(asked[n], one.Run)}
	}
	return &answer[wire.StartReplies]{Index: index, Body: body}, nil
}

// oneOfMany reads the nth start of a list. Its request id is its own or, if it has none, follows
// from the call's and its place. Its print is that of its own bytes, so that a caller may repeat it
// among others, or in a batch of one.
func (x *exchange) oneOfMany(c engine.Call, n int, text json.RawMessage) (req engine.StartRequest, asked *wire.StartRequest, err error) {
	var item wire.StartItem
	if err := decodeJSON(text, &item); err != nil {
		return req, nil, err
	}
	x.enter(&item)
	id := item.RequestID
	if id == "" && c.Request != nil {
		id = fmt.Sprintf("%s/%d", c.Request.ID, n)
	}
	c.Request = nil
	if id != "" {
		if !wire.ValidRequestID(id) {
			return req, nil, invalid("request_id", "must have 1 to %d printable ASCII characters; an item without one has the call's with / and its place", wire.MaxRequestID)
		}
		c.Request = &fsm.Request{ID: id, Print: sha256.Sum256(append([]byte("aion/start/1\x00"), text...)), Short: x.generated(), Owner: x.owner()}
	}
	if item.Archive != "" || item.Ephemeral {
		return req, nil, invalid("archive", "is not accepted in a batch: start runs on code that comes along one by one")
	}
	if item.Update != nil {
		return req, nil, invalid("update", "is not accepted in a batch: ask runs one by one")
	}
	if err := x.mayStart(&item.StartRequest); err != nil && item.Type != "" {
		return req, nil, err
	}
	req, err = startRequest(c, &item.StartRequest)
	return req, &item.StartRequest, err
}
