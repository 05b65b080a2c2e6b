package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/cluster/blobs"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/cluster/gossip"
	"aion.dev/aion/cluster/logstore"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/faults"
	"aion.dev/aion/internal/lifecycle"
	"aion.dev/aion/internal/lru"
	"aion.dev/aion/internal/throttle"
	"github.com/google/uuid"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// Cluster is one node's membership in a cluster: the log and the state behind it. It implements
// engine.Log.
//
// Any goroutine may call its methods at any time after Open. Before the node has entered a cluster,
// and after Run has returned, methods that need a cluster return *engine.Unavailable.
type Cluster struct {
	cfg      Config
	id       string
	instance string // differs between two processes that run under one node id
	log      hclog.Logger

	belongs  atomic.Pointer[string] // id of the cluster; nil while this node belongs to none
	adopting sync.Mutex             // held while the cluster id is written to disk

	// Built by Open in this order, released by close in the reverse.
	built     lifecycle.Closers
	identity  *folder.Identity // nil in memory
	promises  Promises
	stores    *logstore.Stores
	written   *logstore.Parallel // the log of stores, as raft sees it
	state     *fsm.State
	replica   *replica
	caller    Caller
	link      *link
	discovery Discovery
	gossip    *gossip.Gossip // nil where gossip is replaced or not wanted
	archives  Archives
	blobs     *blobs.Blobs // nil where archives are replaced
	backups   *backup.Desk
	kept      *keptBackups

	raft    atomic.Pointer[raft.Raft] // nil until this node has entered a cluster
	tuning  sync.Mutex                // held while raft's configuration is changed
	notify  chan bool
	lead    *leadership
	reads   rounds
	asked   asked      // questions of reads that voters have not answered yet
	members oneAtATime // held while this node, as leader, changes the configuration
	restore oneAtATime // held while a backup is restored into the cluster
	// guarded by members: voters with a new address, which vote again once they are reachable there
	moved      map[string]bool
	scrubbed   *blobs.Scrubbed // nil without archives of its own
	damaged    func() uint64   // likewise: archives that were found damaged
	arriving   arriving        // archives of a backup that is being restored
	seated     atomic.Bool     // this process came up as a voter, at this address or another; see Ready
	entered    entered
	checks     chan check
	suspect    chan string              // leaders whose process has ended, as another voter finds
	holdouts   atomic.Pointer[[]string] // members that keep the level from being raised; see Behind
	ownersRead atomic.Bool              // every member runs a build that reads owners of request keys
	disk       atomic.Pointer[folder.DiskState]
	reserve    *folder.Reserve // disk space held back for emergencies; nil in memory
	clocks     clocks
	announced  atomic.Uint64         // index at which this boot's row was written; 0 until then
	condemned  atomic.Bool           // the state is wrong and goes into quarantine
	outside    atomic.Pointer[error] // why the cluster does not let this node in, if it does not
	drained    atomic.Bool           // an operator is draining this node
	drains     drains
	mustLead   atomic.Bool                     // this node should not lead, but nobody else can
	quorum     atomic.Pointer[engine.NoQuorum] // why nobody can lead, if that is known
	began      atomic.Pointer[time.Time]       // when raft started
	behind     atomic.Pointer[time.Time]       // when a node that lacks entries of this one last asked for its vote
	admission  atomic.Pointer[Admission]       // how this node was admitted; nil for a founder
	reached    atomic.Bool                     // a message for this node has arrived

	logged struct{ unmet, unanswered, admitted, level throttle.Throttle } // log messages about nodes that are not admitted

	mu      sync.Mutex
	closing chan struct{} // closed when Run ends: nothing new may start
	closed  bool
	failed  chan struct{} // closed by fail
	failure error
	tasks   sync.WaitGroup // goroutines of callers that may outlive the call
}

var (
	_ engine.Log      = (*Cluster)(nil)
	_ engine.Clock    = (*Cluster)(nil)
	_ engine.HandOver = (*Cluster)(nil)
)

// retryEvery is the pause between attempts at something that can only be waited for.
const retryEvery = 100 * time.Millisecond

// Open opens this node's data and listeners. Nothing is replicated until Run. If Open fails, it
// releases everything that it opened.
func Open(cfg Config) (_ *Cluster, err error) {
	if cfg, err = cfg.withDefaults(); err != nil {
		return nil, err
	}
	c := &Cluster{
		drains:   drains{known: lru.New[drainKey, catalog.Digest](maxDrains)},
		members:  make(oneAtATime, 1),
		restore:  make(oneAtATime, 1),
		cfg:      cfg,
		id:       cfg.NodeID,
		instance: uuid.NewString(),
		log:      cfg.Logger,
		notify:   make(chan bool),
		lead:     newLeadership(),
		moved:    map[string]bool{},
		checks:   make(chan check, 16),
		suspect:  make(chan string, 1),
		closing:  make(chan struct{}),
		failed:   make(chan struct{}),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.built.Close())
		}
	}()
	if err := c.openData(); err != nil {
		return nil, err
	}
	return c, c.openAddresses()
}

// openData opens the identity, the log and the state on disk, and repairs what a crash may have
// left inconsistent between log and state.
func (c *Cluster) openData() (err error) {
	parts := c.cfg.Parts
	if c.promises = parts.Promises; c.promises == nil {
		if c.identity, err = folder.OpenIdentity(c.cfg.DataDir, c.cfg.NodeID); err != nil {
			return err
		}
		c.built.Add(c.identity.Close)
		c.id = c.identity.NodeID
		c.promises = filePromises{c.cfg.DataDir}
		if err := folder.RefuseQuarantined(c.cfg.DataDir, logstore.BeginAnew); err != nil {
			return err
		}
		if err := folder.RefuseUnfinished(c.cfg.DataDir); err != nil {
			return err
		}
	}
	c.log = c.cfg.Logger.With("node", c.id)
	if c.identity != nil {
		if err := folder.MakePrivate(c.cfg.DataDir, c.log); err != nil {
			return fmt.Errorf("node.data_dir: %w", err)
		}
		c.reserve = folder.OpenReserve(c.cfg.DataDir, c.cfg.Disk.Reserve, c.log)
		c.checkDisk() // before the stores are opened: they may need the reserved space
	}
	if c.stores = parts.Stores; c.stores == nil {
		if c.stores, err = logstore.Open(c.storesConfig()); err != nil {
			return err
		}
	}
	if c.stores.Close != nil {
		c.built.Add(c.stores.Close)
	}
	state := c.cfg.stateConfig()
	state.Fatal = c.exitNow()
	if c.state, err = fsm.Open(state); err != nil {
		return err
	}
	c.built.Add(c.state.Close)
	if err := c.removeAside(); err != nil {
		return err
	}
	c.cfg.Backup.Logger = c.log.Named("backup")
	c.backups = backup.NewDesk(c.cfg.Backup)
	if c.kept, err = openKept(c.cfg.DataDir); err != nil {
		c.log.Warn("it is not known how old the newest backup is", "error", err)
	}
	c.built.Add(c.backups.Close)
	if err := catchUpFromSnapshot(c.state, c.stores); err != nil {
		return err
	}
	if err := logstore.CutCovered(c.stores.Log, c.stores.Snapshots); err != nil {
		return err
	}
	if err := checkMeets(c.state.Applied(), c.stores, c.id, c.cfg.DataDir); err != nil {
		return err
	}
	if err := c.recallCluster(); err != nil {
		return err
	}
	c.written = logstore.NewParallel(c.stores.Log, c.leads)
	c.built.Add(c.written.Close)
	c.replica = &replica{state: c.state, fail: c.fail, check: c.onChecked, stall: faults.Stall, written: c.written.Await}
	if f := c.cfg.Parts.Stall; f != nil {
		c.replica.stall = f
	}
	return nil
}

// ID returns this node's id.
func (c *Cluster) ID() string { return c.id }

// Run takes part in the cluster until ctx ends or this node must stop, then releases everything. It
// calls lead for every term that this node wins, one call at a time. A leader transfers leadership
// before it stops. The error is nil after an orderly end.
func (c *Cluster) Run(ctx context.Context, lead Lead) error {
	err := c.run(ctx, lead)
	if cause := c.failedWith(); cause != nil {
		err = withCause(cause, err)
	}
	return errors.Join(err, c.quarantine())
}

func (c *Cluster) run(ctx context.Context, lead Lead) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	context.AfterFunc(ctx, func() { c.watchEnd(ended) })
	var parts sync.WaitGroup
	parts.Go(func() {
		select {
		case <-c.failed:
			cancel()
		case <-ctx.Done():
		}
	})

	err := c.enter(ctx)
	over := make(chan struct{})
	if err == nil {
		parts.Go(func() { c.follow(c.notify, lead, over) })
		parts.Go(func() { c.keepAdmission(ctx) })
		parts.Go(func() { c.proveAddress(ctx) })
		parts.Go(func() { c.keepAnnounced(ctx) })
		parts.Go(func() { c.keepReporting(ctx) })
		parts.Go(func() { c.keepClocks(ctx) })
		parts.Go(func() { c.keepCommitIndex(ctx) })
		parts.Go(func() { c.keepInConfiguration(ctx) })
		parts.Go(func() { c.keepQuorum(ctx) })
		parts.Go(func() { c.keepSucceeding(ctx) })
		parts.Go(func() { c.keepDisk(ctx) })
		parts.Go(func() { c.keepLogSmall(ctx) })
		parts.Go(func() { c.keepSnapshotsRare(ctx) })
		parts.Go(func() { c.keepReclaiming(ctx) })
		if c.blobs != nil {
			parts.Go(func() { c.blobs.Run(ctx) }) // ends without an error
		}
		<-ctx.Done()
	}
	c.stopAccepting()
	c.handOver()
	close(over)
	cancel()
	parts.Wait()
	return errors.Join(err, c.release())
}

// start creates raft. From then on this node votes, acknowledges entries and may lead.
func (c *Cluster) start() error {
	if err := c.applyCommitted(); err != nil {
		return err
	}
	kept := &logstore.Kept{
		LogStore: c.written, Flushed: c.state.Flushed, Committed: c.committed, Restored: &c.replica.restored, Fatal: c.fail,
	}
	now := time.Now()
	c.began.Store(&now)
	rc := c.cfg.raftConfig(c.id, c.notify)
	if c.joining() != nil {
		// An only voter elects itself without asking anybody. While this node replays the log it
		// may meet an old configuration in which it was the only voter.
		rc.HeartbeatTimeout, rc.ElectionTimeout = noElection, noElection
	}
	r, err := raft.NewRaft(rc, c.replica, kept, c.stores.Stable, c.stores.Snapshots, c.link)
	if err != nil {
		return fmt.Errorf("start raft: %w", err)
	}
	c.seated.Store(isVoter(r, c.id)) // before anybody can hear of this node's new address
	c.raft.Store(r)
	if voters := c.voters(); c.joining() == nil && len(voters) == 1 && voters[0] == c.id {
		// Nobody else can lead, so there is no reason to wait. Shortening the heartbeat timeout
		// makes raft check it at once.
		if err := c.tune(func(rc *raft.ReloadableConfig) { rc.HeartbeatTimeout -= time.Millisecond }); err != nil {
			c.log.Warn("the only voter waits for an election", "error", err)
		}
	}
	return nil
}

// leads reports whether raft on this node is a leader. Raft changes that on its main loop only.
func (c *Cluster) leads() bool {
	r := c.raft.Load()
	return r != nil && r.State() == raft.Leader
}

// noElection is longer than any node lives.
const noElection = 100 * 365 * 24 * time.Hour

// stopAccepting makes every later call and task fail.
func (c *Cluster) stopAccepting() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		close(c.closing)
	}
}

// release shuts raft down once everything given to it is answered, and closes the rest.
func (c *Cluster) release() error {
	c.tasks.Wait()
	if r := c.raft.Load(); r != nil {
		if err := r.Shutdown().Error(); err != nil {
			c.log.Warn("raft did not shut down cleanly", "error", err)
		}
	}
	return c.built.Close()
}

// Close releases a node that was opened but never ran.
func (c *Cluster) Close() error {
	c.stopAccepting()
	return c.release()
}

// closedError returns the error for callers once this node no longer accepts calls, and nil before.
func (c *Cluster) closedError() error {
	select {
	case <-c.closing:
		return port.ErrClosing
	default:
	}
	if err := c.failedWith(); err != nil {
		return &engine.Unavailable{Why: "this node has stopped: " + err.Error()}
	}
	return nil
}

// startTracked runs f in a goroutine that Run waits for. It returns false if Run is already ending.
func (c *Cluster) startTracked(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.tasks.Go(f)
	return true
}
