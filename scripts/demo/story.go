package main

import (
	"context"
	"fmt"
	"strings"

	"aion.dev/aion/transport/wire"
)

// story is the demo, chapter by chapter.
type story struct {
	ctx   context.Context
	nodes *nodes

	v1, v2 string // versions of the order workflow
}

func (s *story) run() error {
	for _, chapter := range []func() error{
		s.threeNodes, s.deployFirst, s.startRuns, s.deploySecond, s.oldAndNew, s.unloadRefused, s.killLeader, s.rollBackAndForward, s.unloadFirst, s.allAgree,
	} {
		if err := chapter(); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) threeNodes() error {
	announce("Three nodes, each a process with a data folder of its own, find each other and elect a leader")
	if err := s.nodes.start(); err != nil {
		return err
	}
	err := s.until("a cluster of three", func() error {
		c, err := s.cluster(s.nodes.all[0])
		if err == nil && (c.Leader == "" || len(c.Members) != 3) {
			err = fmt.Errorf("leader %q, %d members", c.Leader, len(c.Members))
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = s.show(0, "cluster", "members")
	return err
}

func (s *story) deployFirst() error {
	announce("Pack docs/examples/order and deploy it; the version is the hash of its content")
	if _, err := s.show(0, "package", "examples/order", "--out", "order-v1.aion"); err != nil {
		return err
	}
	if _, err := s.show(0, "deploy", "order-v1.aion", "--message", "first"); err != nil {
		return err
	}
	var err error
	s.v1, err = s.routed("order")
	return err
}

// order is the example's input: long waits for people, short ones for the demo.
func order(id string) string { return fmt.Sprintf(`{"id": %q, "amount": 100}`, id) }

func (s *story) startRuns() error {
	announce("Start two orders; each waits for a timer, then for somebody's approval, for days if necessary")
	for _, id := range []string{"order-1", "order-2"} {
		if _, err := s.show(0, "start", "order", "--id", id, "--input", order(id)); err != nil {
			return err
		}
	}
	if _, err := s.show(0, "list"); err != nil {
		return err
	}
	for _, id := range []string{"order-1", "order-2"} {
		if err := s.waitsFor(id, "signal"); err != nil {
			return err
		}
	}
	if _, err := s.show(0, "describe", "order-1"); err != nil {
		return err
	}
	_, err := s.show(0, "query", "order-1", "stage")
	return err
}

func (s *story) deploySecond() error {
	announce("Deploy a changed version live; --expect-route makes sure that nobody else has deployed in between")
	if _, err := s.show(0, "package", "examples/order-v2", "--out", "order-v2.aion"); err != nil {
		return err
	}
	if _, err := s.show(0, "deploy", "order-v2.aion", "--expect-route", "order="+s.v1[:12], "--message", "second"); err != nil {
		return err
	}
	var err error
	if s.v2, err = s.routed("order"); err == nil && s.v2 == s.v1 {
		err = fmt.Errorf("the route did not move")
	}
	return err
}

func (s *story) oldAndNew() error {
	announce("A new order runs the new code; the order that was parked finishes with the old one")
	if _, err := s.show(0, "start", "order", "--id", "order-3", "--input", order("order-3")); err != nil {
		return err
	}
	for _, id := range []string{"order-1", "order-3"} {
		if _, err := s.show(0, "signal", id, "approval", "--payload", `{"by": "Ada"}`); err != nil {
			return err
		}
	}
	first, err := s.finished("order-1", s.v1)
	if err != nil {
		return err
	}
	third, err := s.finished("order-3", s.v2)
	if err != nil {
		return err
	}
	if first == third {
		return fmt.Errorf("both orders ended alike: %s", first)
	}
	said, err := s.show(0, "history", "order-1")
	if err != nil {
		return err
	}
	return contains(said, "WorkflowStarted", "TimerFired", "SignalReceived", "WorkflowCompleted")
}

func (s *story) unloadRefused() error {
	announce("The old version cannot be unloaded while a run needs it, and the refusal says which")
	said, err := s.show(1, "unload", "order", s.v1[:12])
	if err != nil {
		return err
	}
	return contains(said, "version_pinned", "order-2")
}

func (s *story) unloadFirst() error {
	announce("unload --wait watches the last run of the old version, and unloads it when that has ended")
	var last error
	signalled := false
	heard := func(printed string) { // unload waits: now the last run may end
		if !signalled && strings.Contains(printed, "pinned by 1 live_run") {
			signalled = true
			last = s.ask(new(wire.RunAnswer), "signal", "order-2", "approval", "--payload", `{"by": "Eve"}`)
		}
	}
	if _, err := s.showAnd(heard, 0, "unload", "order", s.v1[:12], "--wait", "--message", "no longer needed"); err != nil {
		return err
	}
	if !signalled || last != nil {
		return fmt.Errorf("unload did not wait for order-2, or it could not be signalled: %v", last)
	}
	if _, err := s.finished("order-2", s.v1); err != nil {
		return err
	}
	return s.gone(s.v1)
}

// finished shows a run's result and checks that it ran one version from beginning to end.
func (s *story) finished(id, version string) (string, error) {
	if _, err := s.show(0, "result", id); err != nil {
		return "", err
	}
	var r wire.Result
	if err := s.ask(&r, "result", id); err != nil {
		return "", err
	}
	if r.Status != "completed" {
		return "", fmt.Errorf("%s is %s: %v", id, r.Status, r.Error)
	}
	var d wire.Run
	if err := s.ask(&d, "describe", id); err != nil {
		return "", err
	}
	if d.Version != version {
		return "", fmt.Errorf("%s ran version %s, not %s", id, d.Version, version)
	}
	return string(r.Result), nil
}

// waitsFor waits until a run is parked on something.
func (s *story) waitsFor(id, kind string) error {
	return s.until(id+" waits for a "+kind, func() error {
		var d wire.Run
		if err := s.ask(&d, "describe", id); err != nil {
			return err
		}
		for _, w := range d.WaitingOn {
			if w.Kind == kind {
				return nil
			}
		}
		return fmt.Errorf("it waits for %v", d.WaitingOn)
	})
}
