package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/hashicorp/raft"
)

// Status describes the cluster as seen from this node.
type Status struct {
	ClusterID    string
	Node         string // this one
	Leader       string // empty if unknown
	LeaderHTTP   string
	Term         uint64
	LogTime      history.Time
	Level        uint64         // of this node's state
	LogTimeHeld  time.Duration  // if this node leads: the step forward in log time that is held back; see firstTime
	Clocks       string         // how this node's clock compares with the voters': unknown, split, right or wrong
	DeployChain  catalog.Digest // of this node's state
	CommitIndex  uint64
	AppliedIndex uint64
	Digest       catalog.Digest // of this node's state
	DigestIndex  uint64         // at this index
	Members      []Member       // by id
	At           time.Time      // by this node's clock
	Backup       *KeptBackup    // the newest that was taken from this node and has arrived; nil = it knows of none
}

// Member is a node of the configuration.
type Member struct {
	ID           string
	Role         string // voter or nonvoter
	Demoted      bool   // an operator made it a non-voter
	Leader       bool
	Status       string // alive, suspect or left
	RaftAddress  string
	HTTPAddress  string
	Version      string
	AppliedIndex uint64 // 0 if it does not answer
	MissingBlobs int
	Draining     bool
	Disk         folder.DiskState // Size is 0 while nothing is known
	ClockKnown   bool             // the answering node has heard this member's clock within the last minute
	// of the voters' median; while no majority of them agrees, of the answering node's clock
	ClockAhead time.Duration
	ClockWrong bool // a majority of the voters' clocks agrees, and this member's differs
}

// Status greets every member, for at most a second, and describes the cluster as seen from here.
func (c *Cluster) Status(ctx context.Context) (Status, error) {
	s := Status{Node: c.id, At: time.Now(), ClusterID: c.clusterID(), LogTime: c.Now(), Level: c.level(), AppliedIndex: c.applied()}
	if b, some := c.kept.get(); some {
		s.Backup = &b
	}
	s.Leader, s.LeaderHTTP, _ = c.Leader()
	s.LogTimeHeld = c.heldBack()
	s.DigestIndex, s.Digest = c.state.Digest()
	c.state.View(func(v fsm.View) { s.DeployChain = v.DeployChain() })
	r := c.raft.Load()
	if r == nil {
		return s, nil
	}
	s.Term, s.CommitIndex = r.CurrentTerm(), r.CommitIndex()

	rows := map[string]rows.Node{}
	c.state.View(func(v fsm.View) {
		for _, n := range v.Nodes() {
			rows[n.ID] = n
		}
	})
	heard := map[string]string{}
	if c.discovery != nil {
		for _, p := range c.discovery.Peers() {
			heard[p.ID] = p.Status
		}
	}
	servers := r.GetConfiguration().Configuration().Servers
	s.Members = make([]Member, len(servers))
	var all sync.WaitGroup
	for i, server := range servers {
		all.Go(func() {
			s.Members[i] = c.describeMember(ctx, server, rows[string(server.ID)], heard[string(server.ID)])
		})
	}
	all.Wait()
	clocks := c.judgeClock()
	s.Clocks = clocks.verdict.String()
	for i := range s.Members {
		m := &s.Members[i]
		_, m.ClockKnown = clocks.ahead[m.ID]
		if m.ClockKnown {
			m.ClockAhead, m.ClockWrong = clocks.skew(m.ID), clocks.wrong[m.ID]
		}
		s.Members[i].Leader = s.Members[i].ID == s.Leader
	}
	return s, ctx.Err()
}

// describeMember combines the configuration, the member's row, what gossip heard, and the member's
// own greeting.
func (c *Cluster) describeMember(ctx context.Context, s raft.Server, row rows.Node, heard string) Member {
	m := Member{ID: string(s.ID), Role: "nonvoter", Status: "suspect", RaftAddress: string(s.Address), HTTPAddress: row.HTTPAddress, Version: row.Version}
	if s.Suffrage == raft.Voter {
		m.Role = "voter"
	}
	g, err := greeting{}, error(nil)
	if m.ID == c.id {
		g, err = c.ownGreeting()
	} else {
		g, err = c.hello(ctx, port.Server{ID: m.ID, Address: m.RaftAddress})
	}
	m.Demoted = c.demoted(m.ID)
	switch {
	case err == nil:
		m.Status, m.AppliedIndex, m.MissingBlobs = "alive", g.Applied, g.Missing
		m.HTTPAddress, m.Version = g.HTTPAddress, g.Version
		m.Draining, m.Disk = g.Draining, g.Disk
	case heard == "left":
		m.Status = heard
	}
	return m
}

// Leader returns the leader's id as far as this node knows, and the address of its HTTP API. ok is
// false if this node knows no leader.
func (c *Cluster) Leader() (id, httpAddress string, ok bool) {
	r := c.raft.Load()
	if r == nil {
		return "", "", false
	}
	_, leader := r.LeaderWithID()
	if leader == "" {
		return "", "", false
	}
	if id = string(leader); id == c.id {
		return id, c.cfg.HTTPAddress, true
	}
	c.state.View(func(v fsm.View) {
		for _, n := range v.Nodes() {
			if n.ID == id {
				httpAddress = n.HTTPAddress
			}
		}
	})
	if httpAddress == "" && c.discovery != nil { // the leader's row has not been applied here yet
		for _, p := range c.discovery.Peers() {
			if p.ID == id {
				httpAddress = p.HTTPAddress
			}
		}
	}
	return id, httpAddress, true
}

// LeaderContact returns how long ago this node heard from the leader. It is 0 on the leader itself;
// ok is false if this node never heard from one.
func (c *Cluster) LeaderContact() (ago time.Duration, ok bool) {
	r := c.raft.Load()
	switch {
	case r == nil:
		return 0, false
	case r.State() == raft.Leader:
		return 0, true
	case r.LastContact().IsZero():
		return 0, false
	}
	return time.Since(r.LastContact()), true
}

// leaderElsewhere returns the leader's id if the leader is another node.
func (c *Cluster) leaderElsewhere() string {
	id, _, _ := c.Leader()
	if id == c.id {
		return ""
	}
	return id
}

// IsLeader reports whether this node leads and has caught up with its predecessors. The answer may
// be outdated by the time it returns; Propose and Sync do check.
func (c *Cluster) IsLeader() bool {
	t, _ := c.lead.current()
	return t != nil
}

// Ready returns nil on a node that has a leader and has applied what was committed.
//
// It compares raft's indexes rather than the state's: barriers and configuration entries never
// reach the state. A follower that has just come up does not know how far the others are. So it
// must also have applied its own announcement, which was committed after all that.
func (c *Cluster) Ready() error {
	if err := c.closedError(); err != nil {
		return err
	}
	r := c.raft.Load()
	if r == nil {
		return &engine.Unavailable{Why: "this node does not belong to a cluster yet"}
	}
	if p := c.outside.Load(); p != nil {
		return &engine.Unavailable{Why: (*p).Error()}
	}
	if address, _ := r.LeaderWithID(); address == "" {
		return c.leaderless()
	}
	if err := c.lacksSeat(r); err != nil {
		return err
	}
	announced := c.announced.Load()
	if announced == 0 || c.state.Applied() < announced || c.applied() < r.CommitIndex() {
		return &engine.Unavailable{Why: fmt.Sprintf("this node is catching up with the log: %d of %d entries", c.applied(), max(announced, r.CommitIndex()))}
	}
	return nil
}

// lacksSeat returns why a voter that has come up at another address is not ready yet: the others
// have it where it was, or as a non-voter. Whoever restarts the nodes one by one waits for Ready.
// The next one would otherwise be stopped while this one has no vote, and of three voters the one
// that is left could never let the others back in.
func (c *Cluster) lacksSeat(r *raft.Raft) error {
	if !c.seated.Load() {
		return nil // it is new here, or was no voter: nobody counts on its vote
	}
	if o := c.displaced(); o != nil {
		return &engine.Unavailable{Why: "this node has moved: " + o.Why}
	}
	if !isVoter(r, c.id) && !c.demoted(c.id) {
		return &engine.Unavailable{Why: "this node has moved, and does not vote again yet"}
	}
	return nil
}

func isVoter(r *raft.Raft, id string) bool {
	s, err := findMember(r, id)
	return err == nil && s.Suffrage == raft.Voter
}

// applied returns the raft index up to which the state has all entries. The state's own index is
// lower, because barriers and configuration changes never reach the state. After a start it can be
// higher: raft then begins at its newest snapshot and hands over entries that the state may already
// have.
func (c *Cluster) applied() uint64 {
	applied := c.state.Applied()
	if r := c.raft.Load(); r != nil {
		applied = max(applied, r.AppliedIndex())
	}
	return applied
}

// committed returns the raft index up to which this node knows that entries are committed. That is
// at least what it has applied.
func (c *Cluster) committed() uint64 {
	n := c.applied()
	if r := c.raft.Load(); r != nil {
		n = max(n, r.CommitIndex())
	}
	return n
}

func (c *Cluster) setOutside(err error) {
	if err == nil {
		c.outside.Store(nil)
		return
	}
	c.outside.Store(&err)
}
