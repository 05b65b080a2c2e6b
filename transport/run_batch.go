package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// Batcher is what the routes of batches need from a node.
type Batcher interface {
	StartBatch(ctx context.Context, c engine.Call, r engine.BatchRequest) (*fsm.BatchAnswer, engine.Answered, error)
	StopBatch(ctx context.Context, c engine.Call, id string) (*fsm.BatchAnswer, engine.Answered, error)
	Batch(ctx context.Context, rd engine.Read, id string, limit int, from uint64) (rows.Batch, []rows.BatchFailure, uint64, error)
	Batches(ctx context.Context, rd engine.Read, limit int, cursor string) ([]rows.Batch, string, uint64, error)
}

// batchRoutes adds the routes of batches.
func (s *Server) batchRoutes(payload int64) {
	add(s, route{method: "POST", path: "/v1/batches", id: "start_batch", summary: "Do one operation to many runs", needs: needs(ofAny, grant.Operate), group: "Runs", status: http.StatusCreated, leader: true, write: true,
		limit: payload, payload: true, body: new(wire.BatchRequest)}, s.startBatch)
	add(s, route{method: "GET", path: "/v1/batches", id: "batches", summary: "List batches", needs: needs(ofAll, grant.Read), group: "Runs", leader: true}, s.batches)
	add(s, route{method: "GET", path: "/v1/batches/{id}", id: "batch", summary: "Show how far a batch has come, and what could not be done", needs: needs(ofAll, grant.Read), group: "Runs", leader: true}, s.batch)
	add(s, route{method: "DELETE", path: "/v1/batches/{id}", id: "stop_batch", summary: "Stop a batch", needs: needs(ofAll, grant.Operate), group: "Runs", leader: true, write: true}, s.stopBatch)
}

// batchGrants are those that each operation by itself needs.
var batchGrants = map[rows.BatchOp]grant.Kind{
	rows.BatchCancel: grant.Signal, rows.BatchSignal: grant.Signal, rows.BatchTerminate: grant.Operate, rows.BatchPause: grant.Operate, rows.BatchResume: grant.Operate,
	rows.BatchReopen: grant.Operate, rows.BatchReset: grant.Operate, rows.BatchMove: grant.Deploy,
}

type startBatchInput struct{ Keyed }

func (s *Server) startBatch(ctx context.Context, _ *startBatchInput) (*answer[wire.BatchStarted], error) {
	var b wire.BatchRequest
	c, err := change(ctx, &b, required)
	if err != nil {
		return nil, err
	}
	op, ok := rows.ParseBatchOp(b.Operation)
	if !ok {
		return nil, invalid("operation", "is %q; want cancel, terminate, pause, resume, signal, reopen, reset or move", clip(b.Operation))
	}
	x := exchangeOf(ctx)
	kind := batchGrants[op]
	if x.caller.allowed == nil && x.caller.reach(kind) == nil {
		return nil, x.caller.lacks(kind, "")
	}
	c.Only = x.scopeOf(kind)
	r := engine.BatchRequest{To: b.To, Spec: rows.BatchSpec{Op: op, DryRun: b.DryRun, Rate: b.Rate, Reason: b.Reason, Signal: b.Signal, Payload: history.Payload(b.Payload)}}
	r.Spec.DropSignals = b.DropSignals
	if p := b.Point; p != nil {
		r.Point = &engine.Point{To: p.To, Event: p.ToEvent, Version: p.ToVersion}
	}
	if r.Spec.Where, err = where(b.Where); err != nil {
		return nil, err
	}
	a, done, err := s.cfg.Batcher.StartBatch(ctx, c, r)
	if err != nil {
		return nil, err
	}
	return &answer[wire.BatchStarted]{Index: done.Index, Body: wire.BatchStarted{BatchID: a.Batch.ID, Answered: answered(done)}}, nil
}

type batchesInput struct {
	Fresh
	Paged
}

func (s *Server) batches(ctx context.Context, in *batchesInput) (*answer[wire.Batches], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	list, next, index, err := s.cfg.Batcher.Batches(ctx, rd, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	body := wire.Batches{Batches: make([]wire.Batch, len(list)), NextCursor: next, Indexed: at(index)}
	for i := range list {
		body.Batches[i] = batchOf(&list[i])
	}
	return &answer[wire.Batches]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

type batchInput struct {
	ID string `path:"id" doc:"Id of the batch"`
	Fresh
	Paged
}

func (s *Server) batch(ctx context.Context, in *batchInput) (*answer[wire.BatchAnswer], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	var from uint64
	if in.Cursor != "" {
		if from, err = strconv.ParseUint(in.Cursor, 10, 64); err != nil {
			return nil, invalid("cursor", "%q was not returned by an earlier page", clip(in.Cursor))
		}
	}
	b, failures, index, err := s.cfg.Batcher.Batch(ctx, rd, in.ID, in.Limit, from)
	if err != nil {
		return nil, err
	}
	body := wire.BatchAnswer{Batch: batchOf(&b), Answered: wire.Answered{Indexed: at(index)}}
	for _, f := range failures {
		body.Failures = append(body.Failures, wire.BatchFailure{WorkflowID: f.WorkflowID, RunID: f.RunID.String(), Code: f.Code, Detail: f.Detail})
	}
	if next := from + uint64(len(failures)); len(failures) > 0 && next < b.Listed {
		body.NextCursor = strconv.FormatUint(next, 10)
	}
	return &answer[wire.BatchAnswer]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

type stopBatchInput struct {
	Keyed
	ID string `path:"id" doc:"Id of the batch"`
}

func (s *Server) stopBatch(ctx context.Context, in *stopBatchInput) (*answer[wire.BatchAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	a, done, err := s.cfg.Batcher.StopBatch(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	return &answer[wire.BatchAnswer]{Index: done.Index, Body: wire.BatchAnswer{Batch: batchOf(&a.Batch), Answered: answered(done)}}, nil
}

func batchOf(b *rows.Batch) wire.Batch {
	w := wire.Batch{
		BatchID: b.ID, Operation: b.Spec.Op.String(), Where: make([]string, len(b.Spec.Where)), DryRun: b.Spec.DryRun, Status: b.Status.String(), Found: b.Found, Done: b.Done, Failed: b.Failed,
		Rate: b.Spec.Rate, Reason: b.Spec.Reason, Signal: b.Spec.Signal, To: versionText(b.Spec.To), StartedBy: b.Actor, BeganAt: b.Since.Std().UTC(), BeganIndex: b.Index, LeftOff: b.Failed - b.Listed,
	}
	for i := range b.Spec.Where {
		w.Where[i] = conditionText(&b.Spec.Where[i])
	}
	if w.Point = b.Spec.Point; !b.Spec.Before.IsZero() {
		w.ToVersion = versionText(b.Spec.Before)
	}
	if b.Ended != 0 {
		w.EndedAt = timeOf(b.Ended)
	}
	return w
}

// conditionText writes a condition as callers do.
func conditionText(c *rows.Condition) string {
	w := wire.Condition{Field: c.Name}
	for text, op := range operators {
		if op == c.Op {
			w.Op = text
		}
	}
	for name, f := range runFields {
		if f.field == c.Field {
			w.Field, w.Plain = name, true
		}
	}
	switch c.Field {
	case rows.OfAttribute:
		w.Value = string(c.Value)
		if c.Op == rows.Prefix {
			text, _ := json.Marshal(c.Text)
			w.Value = string(text)
		}
	case rows.OfStatus:
		w.Value = c.Status.String()
	case rows.OfVersion:
		w.Value = versionText(c.Version)
	case rows.OfStarted, rows.OfClosed:
		w.Value = c.At.Std().UTC().Format(time.RFC3339Nano)
	default:
		w.Value = c.Text
	}
	if c.Field == rows.OfAttribute { // without quotes, where that says the same
		plain := w
		plain.Plain = true
		if _, own := runFields[w.Field]; !own {
			if again, ok := wire.CutCondition(plain.String()); ok && again == plain {
				return plain.String()
			}
		}
	}
	return w.String()
}
