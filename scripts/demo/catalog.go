package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"aion.dev/aion/transport/wire"
)

func (s *story) rollBackAndForward() error {
	announce("Roll the route back, and forward again: only new runs notice")
	for _, want := range []string{s.v1, s.v3} {
		if _, err := s.show(0, "rollback", "order"); err != nil {
			return err
		}
		if got, err := s.routed("order"); err != nil || got != want {
			return fmt.Errorf("order is routed to %s, not %s (%v)", got, want, err)
		}
	}
	return nil
}

func (s *story) allAgree() error {
	announce("The deploy history, whose records are chained, and what the three nodes hold now")
	if _, err := s.show(0, "deploys"); err != nil {
		return err
	}
	if _, err := s.show(0, "deploys", "--verify"); err != nil {
		return err
	}
	if _, err := s.show(0, "versions"); err != nil {
		return err
	}
	err := s.until("the same state on all nodes", s.agree)
	if err == nil {
		fmt.Println("  same catalog, same digest, same index on all three")
	}
	return err
}

// agree compares catalog and digest of all nodes at one index. Each node answers from its own
// state.
func (s *story) agree() error {
	var catalogs, digests []string
	for _, n := range s.nodes.all {
		var v wire.Versions
		if err := s.ask(&v, "versions", "--stale", "--addr", n.http); err != nil {
			return err
		}
		listing, err := json.Marshal(v.Versions)
		if err != nil {
			return err
		}
		c, err := s.cluster(n)
		if err != nil {
			return err
		}
		catalogs = append(catalogs, string(listing))
		digests = append(digests, fmt.Sprintf("index %d digest %s", c.DigestIndex, c.Digest))
	}
	for i := range s.nodes.all {
		if catalogs[i] != catalogs[0] || digests[i] != digests[0] {
			return fmt.Errorf("they differ: %s", strings.Join(digests, "; "))
		}
	}
	for i, n := range s.nodes.all {
		fmt.Printf("  %-4s %s\n", n.name, digests[i])
	}
	return nil
}

// cluster asks one node for its view of the cluster.
func (s *story) cluster(n *node) (*wire.Cluster, error) {
	var c wire.Cluster
	return &c, s.ask(&c, "cluster", "status", "--addr", n.http)
}

// routed returns the version that new runs of a type start on.
func (s *story) routed(typ string) (string, error) {
	var v wire.Versions
	if err := s.ask(&v, "versions", "--type", typ); err != nil {
		return "", err
	}
	for _, x := range v.Versions {
		if x.RouteActive {
			return x.Version, nil
		}
	}
	return "", fmt.Errorf("workflow type %s has no route", typ)
}

// gone checks that a version is no longer loaded.
func (s *story) gone(version string) error {
	var v wire.Versions
	if err := s.ask(&v, "versions"); err != nil {
		return err
	}
	for _, x := range v.Versions {
		if x.Version == version {
			return fmt.Errorf("version %s is still loaded", version)
		}
	}
	return nil
}

func contains(text string, parts ...string) error {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return fmt.Errorf("the answer does not say %q:\n%s", p, text)
		}
	}
	return nil
}
