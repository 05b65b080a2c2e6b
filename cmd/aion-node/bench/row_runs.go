package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// longest is how long one run may take to end: more is a failure, and counted as one.
const longest = 30 * time.Second

// startOnly starts runs that do nothing, and does not wait for their ends.
func startOnly(_ context.Context, s *session) (operation, func(context.Context) error, error) {
	return func(ctx context.Context) error {
		_, err := s.client.Start(ctx, s.request("noop"))
		return err
	}, noTidy, nil
}

// runOf starts runs of a workflow and waits for their results.
func runOf(workflow string) prepare {
	return func(_ context.Context, s *session) (operation, func(context.Context) error, error) {
		return func(ctx context.Context) error { return s.runOne(ctx, workflow) }, noTidy, nil
	}
}

// runOne starts a run and waits for its result, in one call.
func (s *session) runOne(ctx context.Context, workflow string) error {
	a, err := s.client.StartAndWait(ctx, s.request(workflow), longest)
	if err != nil {
		return err
	}
	return completed(a.Status)
}

// request asks for a run of the version that this session has loaded.
func (s *session) request(workflow string) wire.StartRequest {
	return wire.StartRequest{Type: prefix + workflow, Version: s.version, Input: json.RawMessage("1")}
}

func completed(status string) error {
	if status != "completed" {
		return fmt.Errorf("a run is %s after %s", status, longest)
	}
	return nil
}

// signalled makes three calls for each run: one starts it, one signals it, one reads its result.
func signalled(_ context.Context, s *session) (operation, func(context.Context) error, error) {
	return func(ctx context.Context) error {
		a, err := s.client.Start(ctx, s.request("signal"))
		if err != nil {
			return err
		}
		ref := wire.RunRef{WorkflowID: a.WorkflowID, RunID: a.RunID}
		if _, err := s.client.Signal(ctx, ref, "go", json.RawMessage("1")); err != nil {
			return err
		}
		r, err := s.client.Result(ctx, ref, longest)
		if err != nil {
			return err
		}
		return completed(r.Status)
	}, noTidy, nil
}

// readResult reads the result of one run that has ended.
func readResult(ctx context.Context, s *session) (operation, func(context.Context) error, error) {
	a, err := s.client.StartAndWait(ctx, s.request("noop"), longest)
	if err != nil {
		return nil, nil, err
	}
	ref := wire.RunRef{WorkflowID: a.WorkflowID, RunID: a.RunID}
	return func(ctx context.Context) error {
		r, err := s.client.Result(ctx, ref, 0)
		if err != nil {
			return err
		}
		return completed(r.Status)
	}, noTidy, nil
}

// queryParked queries one run, which ends with the measurement.
func queryParked(ctx context.Context, s *session) (operation, func(context.Context) error, error) {
	a, err := s.client.Start(ctx, s.request("parked"))
	if err != nil {
		return nil, nil, err
	}
	ref := wire.RunRef{WorkflowID: a.WorkflowID, RunID: a.RunID}
	tidy := func(ctx context.Context) error {
		_, err := s.client.Terminate(ctx, ref, "aion-node bench", client.RequestID(client.NewRequestID()))
		return err
	}
	return func(ctx context.Context) error {
		_, err := s.client.Query(ctx, ref, "state", nil)
		return err
	}, tidy, nil
}
