package cluster

import (
	"cmp"
	"fmt"
	"path/filepath"
	"time"

	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/cluster/logstore"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/faults"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// Config describes a node: its identity, its addresses and its files. Zero fields have defaults;
// DataDir is required.
type Config struct {
	NodeID      string // empty: the one in the data folder, or a generated one
	DataDir     string
	RaftListen  string // host:port of the node port; default 127.0.0.1:7601
	RaftAddress string // where other nodes reach it; default: where it listens
	HTTPAddress string // where other nodes and users reach the HTTP API
	Version     string // of this binary

	GossipListen    string   // host:port; empty means no gossip, for a node that stays alone
	GossipAddress   string   // where others reach it; default: where it listens
	GossipKey       []byte   // 16, 24 or 32 bytes; nil means no encryption
	Join            []string // gossip addresses of others
	ClusterName     string   // the operators' name for the cluster; nodes with different names never talk
	JoinToken       string   // lets this node join a guarded cluster if no certificate names it
	Guarded         bool     // callers or nodes prove themselves here: see Cluster.guarded
	HoldLevel       bool     // this node keeps the cluster from raising the level of its state
	BootstrapExpect int      // how many empty nodes found a cluster together; 0 means join only
	TLS             port.TLS
	MaxArchiveBytes int64         // of one archive; default 64 MiB
	ScrubEvery      time.Duration // how often this node reads all its archives again; 0 = never
	Connections     int           // on the node port, in both directions; default 4,096
	Memory          port.Memory   // shared by calls of other nodes and of users; nil = unbounded

	Disk   folder.DiskConfig
	Backup backup.DeskConfig
	Raft   RaftConfig
	State  StateConfig
	Clock  ClockConfig
	Logger hclog.Logger

	// Fatal is called once when this node must stop: an entry cannot be applied, a digest differs,
	// or the disk or the log is stuck. Nothing is applied any more when it is called. Run returns
	// the same error. Fatal may be called from any goroutine and must not block. The default ends
	// the process if Run has not returned after 10 s, because a disk that hangs can make an orderly
	// end hang.
	Fatal func(error)

	// Exit ends the process and says why: when Fatal's default does so, or at once if the database
	// or raft would panic. The default of the first ends it without a word.
	Exit func(error)

	// Parts replaces layers that a node builds itself. clustertest uses it to run on memory instead
	// of sockets and files.
	Parts *Parts
}

// RaftConfig tunes replication. Zero fields have defaults.
type RaftConfig struct {
	// a follower that hears nothing for this long starts an election; 1 s. Must exceed a slow fsync
	Heartbeat       time.Duration
	Election        time.Duration // a candidate tries again after this long; 1 s
	Lease           time.Duration // a leader that reaches no majority for this long steps down; 500 ms
	Commit          time.Duration // how late followers may learn of a commit when nothing else is sent; 50 ms
	SnapshotEntries uint64        // entries in the log that trigger a snapshot of a small state, see keepSnapshotsRare; 16,384
	SnapshotEvery   time.Duration // how often SnapshotEntries is checked; 30 s
	LogBytes        uint64        // of the log: half may follow a snapshot, half is kept before it; 1 GiB
	// entries kept before a snapshot, so that a follower that was away catches up from the log;
	// 32,768
	TrailingEntries uint64
	LogStore        string        // see logstore.Config
	SegmentBytes    int           // see logstore.Config
	CheckEvery      time.Duration // how often the nodes compare their digests; 30 s
	StuckAfter      time.Duration // a leader that commits nothing for this long ends its process; 5 s
	MembersEvery    time.Duration // how often the leader checks the members; 1 s
	PromoteAfter    time.Duration // how long a joiner must have been up to date before it votes; 10 s
}

// StateConfig tunes the state machine. Zero fields have defaults.
type StateConfig struct {
	CacheBytes   int64
	OpenFiles    int
	RequestBytes uint64 // this node's configured value for fsm.Limits; 0 = fsm.DefaultRequestBytes
}

// Parts are the layers below a node. A nil field is built from Config.
type Parts struct {
	FS        vfs.FS // of the state, in DataDir/state
	Stores    *logstore.Stores
	Link      Link
	Caller    Caller
	Discovery Discovery
	Archives  Archives
	Promises  Promises
	Wall      func(now time.Time) time.Time // what the wall clock shows at a moment
	Stall     func()                        // called before each entry is applied
}

func (cfg Config) withDefaults() (Config, error) {
	if cfg.DataDir == "" {
		return cfg, fmt.Errorf("node.data_dir is missing")
	}
	if cfg.BootstrapExpect < 0 || cfg.BootstrapExpect > maxVoters {
		return cfg, fmt.Errorf("cluster.bootstrap_expect is %d: want 0 to %d", cfg.BootstrapExpect, maxVoters)
	}
	if cfg.BootstrapExpect == 0 && len(cfg.Join) == 0 && cfg.Parts == nil {
		cfg.BootstrapExpect = 1
	}
	cfg.RaftListen = cmp.Or(cfg.RaftListen, "127.0.0.1:7601")
	if cfg.Logger == nil {
		cfg.Logger = hclog.NewNullLogger()
	}
	if cfg.Parts == nil {
		cfg.Parts = &Parts{}
	}
	r := &cfg.Raft
	r.Heartbeat = cmp.Or(r.Heartbeat, time.Second)
	r.Election = cmp.Or(r.Election, time.Second)
	r.Lease = cmp.Or(r.Lease, 500*time.Millisecond)
	r.Commit = cmp.Or(r.Commit, 50*time.Millisecond)
	r.SnapshotEntries = cmp.Or(r.SnapshotEntries, 16<<10)
	r.SnapshotEvery = cmp.Or(r.SnapshotEvery, 30*time.Second)
	r.LogBytes = cmp.Or(r.LogBytes, 1<<30)
	r.TrailingEntries = cmp.Or(r.TrailingEntries, 32<<10)
	r.CheckEvery = cmp.Or(r.CheckEvery, 30*time.Second)
	r.StuckAfter = cmp.Or(r.StuckAfter, 5*time.Second)
	r.MembersEvery = cmp.Or(r.MembersEvery, time.Second)
	r.PromoteAfter = cmp.Or(r.PromoteAfter, 10*time.Second)
	cfg.Clock.MaxSkew = cmp.Or(cfg.Clock.MaxSkew, 5*time.Second)
	cfg.Clock.MaxStep = cmp.Or(cfg.Clock.MaxStep, 30*24*time.Hour)
	return cfg, nil
}

// maxVoters bounds bootstrap_expect: every commit waits for a majority, and raft is meant for a
// small odd number of voters.
const maxVoters = 9

func (cfg Config) stateConfig() fsm.Config {
	return fsm.Config{
		Dir:        filepath.Join(cfg.DataDir, "state"),
		FS:         faults.FS(cfg.Parts.FS),
		CacheBytes: cfg.State.CacheBytes,
		OpenFiles:  cfg.State.OpenFiles,
	}
}

// raftConfig returns raft's own configuration. raft reports changes of this node's leadership on
// notify.
func (cfg Config) raftConfig(id string, notify chan<- bool) *raft.Config {
	rc := raft.DefaultConfig()
	rc.LocalID = raft.ServerID(id)
	rc.HeartbeatTimeout = cfg.Raft.Heartbeat
	rc.ElectionTimeout = cfg.Raft.Election
	rc.LeaderLeaseTimeout = cfg.Raft.Lease
	rc.CommitTimeout = cfg.Raft.Commit
	// group commit keeps few entries in flight; raft reads each batch for a lagging follower whole,
	// whatever its size
	rc.MaxAppendEntries = 64
	rc.SnapshotThreshold = cfg.Raft.SnapshotEntries
	rc.SnapshotInterval = cfg.Raft.SnapshotEvery
	rc.TrailingLogs = cfg.Raft.TrailingEntries
	rc.NotifyCh = notify
	rc.NoSnapshotRestoreOnStart = true // the state is on disk; see catchUpFromSnapshot
	rc.NoLegacyTelemetry = true
	rc.ShutdownOnRemove = false // a removed node reports its removal instead of vanishing
	// Buffering the channel of applied entries would lose their answers at shutdown.
	rc.BatchApplyCh = false
	rc.Logger = cfg.Logger.Named("raft")
	faults.Snapshots(rc)
	return rc
}

func (c *Cluster) storesConfig() logstore.Config {
	return logstore.Config{
		Dir:          filepath.Join(c.cfg.DataDir, "raft"),
		LogStore:     c.cfg.Raft.LogStore,
		SegmentBytes: c.cfg.Raft.SegmentBytes,
		Fatal:        c.fail,
		Exit:         c.exitNow(),
		Logger:       c.log,
	}
}
