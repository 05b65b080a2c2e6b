package main

import (
	"context"
	"fmt"

	"aion.dev/aion/transport/wire"
)

// story is the demo, chapter by chapter.
type story struct {
	ctx   context.Context
	nodes *nodes

	v1, v3 string   // versions of the order workflow
	onV1   []string // orders that began on v1 and wait for somebody's approval
	orders int      // that were started
}

func (s *story) run() error {
	for _, chapter := range []func() error{
		s.threeNodes, s.deployFirst, s.startRuns, // story.go
		s.plan, s.backtest, // proof.go
		s.careless, s.fixed, // canary.go
		s.killLeader,            // failover.go
		s.rollBackAndForward,    // catalog.go
		s.unloadRefused, s.move, // drain.go
		s.allAgree, // catalog.go
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
	for range 2 {
		id := s.nextOrder()
		if _, err := s.show(0, "start", "order", "--id", id, "--input", order(id)); err != nil {
			return err
		}
	}
	for _, id := range []string{"order-1", "order-2"} {
		if err := s.waitsFor(id, "signal"); err != nil {
			return err
		}
	}
	if _, err := s.show(0, "query", "order-1", "stage"); err != nil {
		return err
	}
	announce("The first one is approved and ends; the second one stays where it is")
	if _, err := s.show(0, "signal", "order-1", "approval", "--payload", `{"by": "Ada"}`); err != nil {
		return err
	}
	s.onV1 = []string{"order-2"}
	said, err := s.finished("order-1", s.v1)
	if err != nil {
		return err
	}
	return contains(said, `"total":105`)
}

// nextOrder is the workflow id of the next order.
func (s *story) nextOrder() string {
	s.orders++
	return fmt.Sprint("order-", s.orders)
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
