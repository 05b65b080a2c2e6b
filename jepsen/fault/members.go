package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{Name: "drain", Family: "membership", What: "drain the leader through another node, offer it leadership and deploys, take the drain back", Min: time.Second, Max: 4 * time.Second,
		Orderly: true, Fault: Func(drain)})
	register(Kind{Name: "remove-two", Family: "membership", What: "kill -9 one follower, and ask for the removal of another one: that would leave no majority", Min: 100 * time.Millisecond, Max: time.Second,
		Fault: Func(removeTwo)})
}

// Broken begins the error of a fault that saw a node break a promise, as opposed to a fault that
// could not be made.
const Broken = "promise broken:"

// refused is the answer of a healthy cluster that refuses an operation.
const refused = http.StatusConflict

// leaderAndOther returns the leader and another node that runs, or nil.
func leaderAndOther(ctx context.Context, c *nodes.Cluster) (leader, other *nodes.Node) {
	if leader = c.Leader(ctx); leader == nil {
		return nil, nil
	}
	for _, n := range c.Nodes() {
		if n != leader && n.Running() && n.Ready(ctx) == nil {
			return leader, n
		}
	}
	return nil, nil
}

// requestOperation asks a node for an operation on another one.
func requestOperation(ctx context.Context, through *nodes.Node, operation string, node *nodes.Node) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return post(ctx, through, "/v1/cluster/"+operation, `{"node":"`+node.ID()+`"}`)
}

// drain checks what docs/OPERATIONS.md promises about a drained node. Concurrent faults may make
// calls fail; an answer that contradicts the promise is a finding.
func drain(ctx context.Context, c *nodes.Cluster, _ *rand.Rand) (string, func(context.Context) error, error) {
	done, ok := operate(c)
	if !ok {
		return Nothing + " another operation is under way", nil, nil
	}
	drained, other := leaderAndOther(ctx, c)
	if other == nil {
		done()
		return Nothing + " no leader, or nobody beside it", nil, nil
	}
	starts := drained.Starts()
	undrain := func(ctx context.Context) error {
		defer done()
		for {
			status, answer, err := requestOperation(ctx, drained, "undrain", drained)
			if err == nil && status < 300 {
				return nil
			}
			if !wait(ctx, 200*time.Millisecond) {
				return fmt.Errorf("undrain %s: %d %s, %v", drained.Name, status, answer, err)
			}
		}
	}
	did := "drain " + drained.Name + " (leader) through " + other.Name
	if status, answer, err := requestOperation(ctx, other, "drain", drained); err != nil || status >= 300 {
		return fmt.Sprintf("%s %s: %d %.100s", Nothing, did, status, answer), undrain, nil
	}
	// Nobody transfers leadership to a drained node while another node can lead, and a drained node
	// does not refuse a deploy that is forwarded to it.
	for range 5 {
		wait(ctx, 100*time.Millisecond)
		if l := c.Leader(ctx); l == nil || l == drained {
			continue // no other node could lead yet
		}
		status, answer, err := requestOperation(ctx, other, "transfer", drained)
		if err == nil && status < 300 && c.Leader(ctx) == drained && drained.Starts() == starts && !alone(ctx, c, drained) {
			return did, undrain, fmt.Errorf(Broken+" %s drains, and leadership was handed to it: %s", drained.Name, answer)
		}
		status, answer, err = post(ctx, other, "/v1/packages", "no archive")
		if err == nil && status == http.StatusServiceUnavailable && strings.Contains(answer, "is draining") {
			return did, undrain, fmt.Errorf(Broken+" a deploy through %s is refused because %s drains: %s", other.Name, drained.Name, answer)
		}
	}
	return did, undrain, nil
}

// alone reports whether no other node is ready, so that even a drained one may lead.
func alone(ctx context.Context, c *nodes.Cluster, n *nodes.Node) bool {
	for _, o := range c.Nodes() {
		if o != n && o.Running() && o.Ready(ctx) == nil {
			return false
		}
	}
	return true
}

// The possible answers of listed.
const (
	unsaid = iota
	inPlaceYet
	removed
)

// listed asks a node whether the newest configuration in its log contains another node.
func listed(ctx context.Context, n, other *nodes.Node) int {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	s, err := n.Status(ctx)
	switch {
	case err != nil || len(s.Members) == 0:
		return unsaid
	case roleOf(s, other) == "":
		return removed
	}
	return inPlaceYet
}

// removeTwo asks for a removal that would end the quorum for good.
func removeTwo(ctx context.Context, c *nodes.Cluster, _ *rand.Rand) (string, func(context.Context) error, error) {
	done, ok := operate(c)
	if !ok {
		return Nothing + " another operation is under way", nil, nil
	}
	leader, other := leaderAndOther(ctx, c)
	if other == nil || len(c.Nodes()) != 3 {
		done()
		return Nothing + " no leader of three, or nobody beside it", nil, nil
	}
	var dead *nodes.Node
	for _, n := range c.Nodes() {
		if n != leader && n != other {
			dead = n
		}
	}
	dead.Kill()
	gone := false // other is out of a configuration: it joins again at the end
	mend := func(ctx context.Context) error {
		defer done()
		err := start([]*nodes.Node{dead})
		if gone {
			err = errors.Join(err, replace(ctx, c, other))
		}
		return err
	}
	did := fmt.Sprintf("kill -9 %s, remove %s", dead.Name, other.Name)
	life, death := leader.Starts(), dead.Starts()
	for range 10 {
		asking, cancel := context.WithTimeout(ctx, 3*time.Second) // what cannot be committed gets no answer
		status, answer, err := requestOperation(asking, leader, "remove", other)
		cancel()
		switch {
		case leader.Starts() == life && listed(ctx, leader, other) == removed && dead.Starts() == death:
			gone = true
			return did, mend, fmt.Errorf(Broken+" %s is dead, and %s was removed all the same, so that nobody has a majority", dead.Name, other.Name)
		case dead.Starts() != death:
			return did, mend, nil // another fault started it: then the removal may be right
		case err == nil && status == refused:
			return did, mend, nil
		case err == nil && (status < 300 || strings.Contains(answer, `"unknown"`)):
			return did, mend, fmt.Errorf(Broken+" %s is dead, and the removal of %s was tried all the same: %d %s", dead.Name, other.Name, status, answer)
		}
		if !wait(ctx, 200*time.Millisecond) {
			break
		}
	}
	return did, mend, nil
}
