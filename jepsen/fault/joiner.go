package fault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{
		Name: "joiner-lags", Family: "membership", On: Proxies,
		What: "replace a node whose successor has megabytes of log to catch up with, over a slow link; deploy what only it can be sent",
		Min:  5 * time.Second, Max: 6 * time.Second, Fault: Func(joinerLags),
	})
	register(Kind{
		Name: "joiner-lacks", Family: "membership", What: "replace a node whose successor cannot keep an archive for a while", Tagged: true,
		Min: 4 * time.Second, Max: 5 * time.Second, Fault: Func(joinerLacks),
	})
}

// What a joiner has to catch up with, and how fast: it takes more than a second, but no raft batch
// takes the ten seconds after which it is sent again.
const (
	fillers    = 24
	fillerSize = 100 << 10
	slowJoin   = 800 << 10 // bytes a second of each connection
)

// joinerLags checks that a node does not vote before it has caught up, and does not count for the
// majority that has an archive before it votes.
func joinerLags(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	alone := solitude(c)
	n, release, did := member(ctx, c, r)
	if n == nil {
		return did, nil, nil
	}
	return meanwhile(ctx, "replace "+n.ID()+", whose successor has much to catch up with", func(ctx context.Context) error {
		defer release()
		index := fill(ctx, c, n)
		err := vacate(ctx, c, n)
		if err == nil {
			mend := between(c, links.Rule{Rate: slowJoin}, func(_, to *nodes.Node) bool { return to == n }, links.Raft)
			err = n.Start()
			if err == nil {
				err = watchJoiner(ctx, c, n, index, alone)
			}
			mend(ctx)
		}
		return errors.Join(err, rejoin(ctx, c, n))
	})
}

// fill makes the log longer, by signals to a run that does not exist, and returns how far a node
// had come after that: 0 if no node says so.
func fill(ctx context.Context, c *nodes.Cluster, not *nodes.Node) (index uint64) {
	text := `"` + strings.Repeat("x", fillerSize) + `"`
	for _, through := range c.Nodes() {
		if through == not {
			continue
		}
		for range fillers {
			call, cancel := context.WithTimeout(ctx, 5*time.Second)
			// refused, because there is no such run
			_, _, err := post(call, through, "/v1/workflows/filler/signals/filler", text)
			if cancel(); err != nil {
				return 0
			}
		}
		call, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if s, err := through.Status(call); err == nil {
			index = s.AppliedIndex
		}
		break
	}
	return index
}

// vacate removes n, which is running, empties its folder and gives it its next id. It is then down.
func vacate(ctx context.Context, c *nodes.Cluster, n *nodes.Node) error {
	err := remove(ctx, c, n)
	n.Hold()
	defer n.Release()
	if err == nil {
		err = n.Empty()
	}
	if err == nil {
		n.NewID()
	}
	return err
}

// rejoin mends: it makes n run and vote.
func rejoin(ctx context.Context, c *nodes.Cluster, n *nodes.Node) error {
	if err := start([]*nodes.Node{n}); err != nil {
		return err
	}
	if err := ready(ctx, n); err != nil {
		return err
	}
	return voter(ctx, c, n)
}

// watchJoiner polls a joiner until it votes. By then it must have applied index.
func watchJoiner(ctx context.Context, c *nodes.Cluster, n *nodes.Node, index uint64, alone func() bool) error {
	asked := false
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end) && n.Running() && alone(); wait(ctx, 50*time.Millisecond) {
		leader, seen := membersSeen(ctx, c)
		if seen == nil {
			continue
		}
		role := roleOf(seen, n)
		s, err := n.Status(ctx) // read after role: what it lacks now, it lacked then
		switch {
		case err != nil || role == "":
		case role == "voter" && s.AppliedIndex < index && alone():
			return fmt.Errorf(Broken+" %s was made a voter with %d of the %d entries that there were before it came", n.ID(), s.AppliedIndex, index)
		case role == "voter":
			return nil
		case !asked && s.AppliedIndex < index:
			asked = true
			if err := deployToJoiner(ctx, c, leader, n, alone); err != nil {
				return err
			}
		}
	}
	return nil
}

// roleOf returns n's role as a leader reports it, or "" if it is not a member.
func roleOf(seen *nodes.Status, n *nodes.Node) string {
	for _, m := range seen.Members {
		if m.ID == n.ID() {
			return m.Role
		}
	}
	return ""
}

// deployToJoiner deploys an archive while no voter except the leader can receive it. The joiner
// can, but has no vote: the deploy must be refused.
func deployToJoiner(ctx context.Context, c *nodes.Cluster, leader, joiner *nodes.Node, alone func() bool) error {
	archive, _, err := load.Package{Type: "joiner", Source: "def run(ctx, input):\n    return \"" + joiner.ID() + "\"\n"}.Pack()
	if err != nil {
		return err
	}
	mend := between(c, links.Rule{Refuse: true}, func(from, to *nodes.Node) bool { return from != joiner && to != joiner }, links.Calls)
	defer mend(ctx)
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+leader.Direct()+"/v1/packages", bytes.NewReader(archive))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	leader.Authorize(req)
	status, _ := status(http.DefaultClient, req)
	_, seen := membersSeen(ctx, c)
	if status > 0 && status < 300 && seen != nil && roleOf(seen, joiner) == "nonvoter" && alone() {
		return fmt.Errorf(Broken+" a deploy was acknowledged whose archive no voter but %s could be sent: %s, which could, has no vote", leader.Name, joiner.ID())
	}
	return nil
}

// joinerLacks checks that a node does not vote while it lacks archives, because its disk has no
// room for them.
func joinerLacks(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	alone := solitude(c)
	n, release, did := member(ctx, c, r)
	if n == nil {
		return did, nil, nil
	}
	return meanwhile(ctx, "replace "+n.ID()+", whose successor cannot keep an archive for a while", func(ctx context.Context) error {
		defer release()
		err := vacate(ctx, c, n)
		if err == nil {
			err = setControl(n, func(c *control) { c.Disk = disk{Area: "blob", Fault: "full"} })
		}
		if err == nil {
			err = errors.Join(n.Start(), watchLacking(ctx, c, n, alone))
		}
		err = errors.Join(err, setControl(n, func(c *control) { c.Disk = disk{} }))
		if !n.Running() { // a full disk may end a node
			n.Forgive()
		}
		return errors.Join(err, rejoin(ctx, c, n))
	})
}

// watchLacking polls for a while: as long as the joiner has lacked an archive at every poll of the
// last second, it has no vote.
func watchLacking(ctx context.Context, c *nodes.Cluster, n *nodes.Node, alone func() bool) error {
	var lacking time.Time // since when it has lacked one at every poll
	for end := time.Now().Add(4 * time.Second); time.Now().Before(end) && n.Running() && alone(); wait(ctx, 50*time.Millisecond) {
		s, err := n.Status(ctx)
		if err != nil {
			continue
		}
		missing := 0
		for _, m := range s.Members {
			if m.ID == n.ID() {
				missing = m.MissingBlobs
			}
		}
		switch {
		case missing == 0:
			lacking = time.Time{}
		case lacking.IsZero():
			lacking = time.Now()
		case time.Since(lacking) > time.Second:
			if _, seen := membersSeen(ctx, c); seen != nil && roleOf(seen, n) == "voter" && alone() {
				return fmt.Errorf(Broken+" %s votes, and has lacked an archive for %s: %d now", n.ID(), time.Since(lacking).Round(time.Millisecond), missing)
			}
		}
	}
	return nil
}
