package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// driver is what the steps of one scenario act on.
type driver struct {
	client  *client.Client
	workers map[string]*running
	script  *script
}

// with has the arguments of all steps; each step reads its own.
type with struct {
	Addresses []string
	Namespace string
	Token     string
	CAFile    string `json:"ca_file"`
	Patience  duration

	Type, ID, Name, Reason string
	Input, Payload, Args   json.RawMessage
	Attributes             wire.Attributes
	RequestID              string `json:"request_id"`
	UpdateID               string `json:"update_id"`
	Wait                   duration
	Starts                 []wire.StartItem

	Signal       *wire.StartSignal
	IfOpen       string `json:"if_open"`
	IfClosed     string `json:"if_closed"`
	Delay        string
	Retry        *wire.RetryPolicy
	ChainTimeout string `json:"chain_timeout"`
	To, As       string
	Operation    string
	Where        []string
	Batch        string
	Resume       bool
	Names        []string
	After        *uint64
	Run          string
	Activity     uint64
	Attempt      uint32

	Queue           string
	Activities      json.RawMessage
	Lease, Drain    duration
	Max, Count      int
	Concurrency     int
	Output, Details json.RawMessage
	Message, Kind   string
	Retryable       bool
	TaskToken       string `json:"task"`
}

// duration is a Go duration in JSON.
type duration time.Duration

func (d *duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = duration(v)
	return err
}

func (w with) ref() wire.RunRef { return wire.RunRef{WorkflowID: w.ID} }

func (w with) options() (opts []client.Option) {
	if w.RequestID != "" {
		opts = append(opts, client.RequestID(w.RequestID))
	}
	return opts
}

// do carries out one step.
func (d *driver) do(ctx context.Context, s step) (any, error) {
	var w with
	if len(s.With) > 0 {
		if err := json.Unmarshal(s.With, &w); err != nil {
			return nil, err
		}
	}
	wait, opts := time.Duration(w.Wait), w.options()
	switch s.Do {
	case "open":
		return nil, d.open(w)
	case "start":
		r := wire.StartRequest{
			Type: w.Type, WorkflowID: w.ID, Input: w.Input, Attributes: w.Attributes, Signal: w.Signal, IfOpen: w.IfOpen, IfClosed: w.IfClosed, Delay: w.Delay, Retry: w.Retry,
			ChainTimeout: w.ChainTimeout,
		}
		if wait > 0 {
			return result(d.client.StartAndWait(ctx, r, wait, opts...))
		}
		return result(d.client.Start(ctx, r, opts...))
	case "start_many":
		replies, err := d.client.StartMany(ctx, w.Starts, opts...)
		return map[string]any{"results": replies}, err
	case "result":
		return result(d.client.Result(ctx, w.ref(), wait))
	case "describe":
		return result(d.client.Describe(ctx, w.ref()))
	case "history":
		types := []string{}
		for e, err := range d.client.Follow(ctx, w.ref(), 1) {
			if err != nil {
				return nil, err
			}
			types = append(types, e.Type)
		}
		return map[string]any{"types": types}, nil
	case "list":
		ids := []string{}
		for page := (wire.Page{Limit: 2}); ; {
			runs, err := d.client.List(ctx, wire.RunFilter{Type: w.Type}, page)
			if err != nil {
				return nil, err
			}
			for _, r := range runs.Workflows {
				ids = append(ids, r.WorkflowID)
			}
			if page.Cursor = runs.NextCursor; page.Cursor == "" {
				return map[string]any{"ids": ids}, nil
			}
		}
	case "signal":
		return result(d.client.Signal(ctx, w.ref(), w.Name, w.Payload, opts...))
	case "query":
		return result(d.client.Query(ctx, w.ref(), w.Name, w.Args))
	case "update":
		return result(d.client.Update(ctx, w.ref(), w.Name, wire.UpdateRequest{Args: w.Args, UpdateID: w.UpdateID}, wait, opts...))
	case "cancel":
		return result(d.client.Cancel(ctx, w.ref(), w.Reason, opts...))
	case "terminate":
		return result(d.client.Terminate(ctx, w.ref(), w.Reason, opts...))
	case "pause":
		return result(d.client.Pause(ctx, w.ref(), w.Reason, opts...))
	case "resume":
		return result(d.client.Resume(ctx, w.ref(), opts...))
	case "reopen":
		return result(d.client.Reopen(ctx, w.ref(), w.Reason, opts...))
	}
	if f := manySteps[s.Do]; f != nil {
		return f(d, ctx, w)
	}
	return d.doWork(ctx, s.Do, w)
}

// open makes the client that all later steps use.
func (d *driver) open(w with) error {
	cfg := client.Config{Addresses: w.Addresses, Namespace: w.Namespace, Token: w.Token, Patience: time.Duration(w.Patience)}
	if w.CAFile != "" {
		pem, err := os.ReadFile(w.CAFile)
		if err != nil {
			return err
		}
		if cfg.RootCAs = x509.NewCertPool(); !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return errors.New("the CA file has no certificate")
		}
	}
	c, err := client.New(cfg)
	d.client = c
	return err
}

// doWork carries out the steps about tasks.
func (d *driver) doWork(ctx context.Context, do string, w with) (any, error) {
	switch do {
	case "poll":
		var names []string
		if err := json.Unmarshal(w.Activities, &names); err != nil {
			return nil, err
		}
		return result(d.client.Poll(ctx, w.Queue, wire.PollRequest{
			WorkerID: "conformance", Activities: names, MaxTasks: max(w.Max, 1), Wait: time.Duration(w.Wait).String(), Lease: time.Duration(w.Lease).String(),
		}, w.options()...))
	case "complete":
		return one(d.client.CompleteTasks(ctx, wire.CompleteRequest{Results: []wire.TaskCompletion{{Token: w.TaskToken, Output: w.Output}}}, w.options()...))
	case "fail":
		f := wire.TaskFailure{Token: w.TaskToken, Message: w.Message, Kind: w.Kind, Retryable: w.Retryable, Details: w.Details}
		return one(d.client.FailTasks(ctx, wire.FailRequest{Results: []wire.TaskFailure{f}}, w.options()...))
	case "heartbeat":
		return one(d.client.HeartbeatTasks(ctx, wire.HeartbeatRequest{Tokens: []wire.TaskBeat{{Token: w.TaskToken, Details: w.Details}}}))
	case "later":
		return one(d.client.DeferTasks(ctx, wire.HeartbeatRequest{Tokens: []wire.TaskBeat{{Token: w.TaskToken}}}, w.options()...))
	case "complete_activity":
		return result(d.client.CompleteActivity(ctx, w.Run, w.Activity, wire.ActivityCompletion{Output: w.Output, Attempt: w.Attempt}, w.options()...))
	case "fail_activity":
		f := wire.ActivityFailure{Message: w.Message, Kind: w.Kind, Retryable: w.Retryable, Details: w.Details, Attempt: w.Attempt}
		return result(d.client.FailActivity(ctx, w.Run, w.Activity, f, w.options()...))
	case "heartbeat_activity":
		return result(d.client.HeartbeatActivity(ctx, w.Run, w.Activity, wire.ActivityBeat{Details: w.Details, Attempt: w.Attempt}, w.options()...))
	case "release":
		return one(d.client.ReleaseTasks(ctx, wire.HeartbeatRequest{Tokens: []wire.TaskBeat{{Token: w.TaskToken}}}, w.options()...))
	case "worker":
		return nil, d.startWorker(w)
	case "stop":
		return d.stopWorker(w.Name)
	case "open_gate":
		d.script.open(w.Name)
		return nil, nil
	case "began":
		return d.script.await(ctx, func(a *attempt) bool { return true }, w)
	case "ended":
		return d.script.await(ctx, func(a *attempt) bool { return a.Ended != "" }, w)
	}
	return nil, fmt.Errorf("there is no step %q", do)
}

// result keeps a nil pointer from becoming an answer.
func result[T any](v *T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// one is the reply about the only token of a call.
func one(replies *wire.TaskReplies, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return replies.Results[0], nil
}
