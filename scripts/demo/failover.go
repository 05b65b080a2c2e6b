package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"time"

	"aion.dev/aion/transport/wire"
)

// killLeader kills the leader during a deploy, and asks another node for the outcome.
func (s *story) killLeader() error {
	announce("Kill the leader with SIGKILL in the middle of a deploy; the same request id on another node returns the outcome")
	if _, err := s.show(0, "package", "examples/subscription", "--out", "subscription.aion"); err != nil {
		return err
	}
	leader, other, err := s.leaderAndOther()
	if err != nil {
		return err
	}
	deploy := []string{"deploy", "subscription.aion", "--request-id", "release-42", "--message", "through a crash"}
	fmt.Println(paint(dim, "$ aion-node "+quoted(append(deploy, "--addr", leader.http))+" &"))
	first := exec.CommandContext(s.ctx, s.nodes.binary, append(deploy, "--addr", leader.http)...)
	first.Dir = s.nodes.dir
	if err := first.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = first.Wait()
		close(ended)
	}()
	// The leader has accepted the call, and now compiles the package, copies it, or waits for the
	// log. Nobody can tell which, and that is the point.
	err = s.untilEvery(2*time.Millisecond, "the leader works on the deploy", func() error {
		select {
		case <-ended: // so quick that only its answer could be lost
			return nil
		default:
			return busy(leader)
		}
	})
	if err != nil {
		return err
	}
	fmt.Println(paint(dim, "$ kill -9 "+leader.name+"   # it leads"))
	leader.kill()
	_ = first.Process.Kill() // the caller dies, too
	<-ended

	if _, err := s.show(0, append(deploy, "--addr", other.http)...); err != nil {
		return err
	}
	if err := s.once("release-42"); err != nil {
		return err
	}
	fmt.Println("  exactly one deploy carries the id release-42, and it took effect")

	announce("The lost node comes back and catches up")
	if err := s.nodes.boot(leader); err != nil {
		return err
	}
	return s.until(leader.name+" has caught up", func() error {
		c, err := s.cluster(leader)
		if err == nil && c.Leader == "" {
			err = fmt.Errorf("it knows no leader")
		}
		return err
	})
}

// busy returns nil if the node has another call in flight than this one.
func busy(n *node) error {
	resp, err := http.Get("http://" + n.http + "/metrics")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if active, ok := strings.CutPrefix(lines.Text(), "aion_http_calls_active "); ok && active != "1" {
			return nil
		}
	}
	return errors.Join(lines.Err(), errors.New("it has no call in flight"))
}

// leaderAndOther finds the leader and another node.
func (s *story) leaderAndOther() (leader, other *node, err error) {
	err = s.until("a leader", func() error {
		var c wire.Cluster
		if err := s.ask(&c, "cluster", "status"); err != nil {
			return err
		}
		leader, err = s.nodes.named(c.Leader)
		return err
	})
	for _, n := range s.nodes.all {
		if n != leader {
			other = n
		}
	}
	return leader, other, err
}

// once checks that one request id has exactly one record, and that it is a success.
func (s *story) once(requestID string) error {
	var d wire.Deploys
	if err := s.ask(&d, "deploys"); err != nil {
		return err
	}
	var outcomes []string
	for _, r := range d.Deploys {
		if r.RequestID == requestID {
			outcomes = append(outcomes, r.Outcome)
		}
	}
	if got := strings.Join(outcomes, ","); got != "ok" {
		return fmt.Errorf("request id %s has the outcomes %q", requestID, got)
	}
	return nil
}
