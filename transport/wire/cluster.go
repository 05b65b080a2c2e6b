package wire

import (
	"encoding/json"
	"time"
)

// Cluster is the cluster as one node sees it.
type Cluster struct {
	ClusterID    string    `json:"cluster_id"`
	Node         string    `json:"node" doc:"Id of the node that answered"`
	Leader       string    `json:"leader" doc:"Id of the leader; empty if none is known"`
	Term         uint64    `json:"term"`
	LogTime      time.Time `json:"log_time"`
	CommitIndex  uint64    `json:"commit_index"`
	AppliedIndex uint64    `json:"applied_index"`
	Level        uint64    `json:"level" doc:"Level of the state: what its state machine does. It rises once every member runs a build that knows the next one, and never falls"`
	LogTimeHeld  string    `json:"log_time_held,omitempty" doc:"On the leader: how far log time stays behind its clock, which no majority of the voters' clocks agrees with and nobody has confirmed"`
	Clocks       string    `json:"clocks" enum:"unknown,split,right,wrong" doc:"What the voters' clocks say about that of the node that answered: too few were heard, no majority of them agrees, a majority agrees with it, a majority agrees and it differs"`
	Digest       string    `json:"digest" doc:"Running digest of the state at digest_index: equal on all nodes at the same digest_index"`
	DigestIndex  uint64    `json:"digest_index" doc:"Index of the newest entry that changed the state; applied_index may be ahead of it"`
	DeployChain  string    `json:"deploy_chain,omitempty" doc:"Chain of the newest act of the deploy history, as this node has applied it: docs/DEPLOY_HISTORY.md"`
	Draining     bool      `json:"draining,omitempty" doc:"This node was told to drain"`
	Members      []Member  `json:"members"`
	Disk         *Disk     `json:"disk,omitempty" doc:"Free space on the node that answered"`
	Healthy      bool      `json:"healthy" doc:"None of the findings is critical or a warning"`
	Findings     []Finding `json:"findings" doc:"What an operator should know about the cluster, the worst first"`
}

// Finding is something about the cluster that an operator should know.
type Finding struct {
	Code     string `json:"code" doc:"Which kind of finding it is, such as voter_away: docs/OPERATIONS.md lists them"`
	Severity string `json:"severity" enum:"critical,warning,info" doc:"critical: the cluster does not do its work; warning: one step further it does not; info: as somebody wanted it, or on its way"`
	Node     string `json:"node,omitempty" doc:"Whom it is about; absent: the cluster"`
	Text     string `json:"text" doc:"What is so, in words"`
	Do       string `json:"do,omitempty" doc:"What to do next"`
}

// Disk is the free space for a node's data folder.
type Disk struct {
	Level     string `json:"level" enum:"ok,warn,full" doc:"full: nothing new is begun on this node while it leads"`
	FreeBytes uint64 `json:"free_bytes"`
	SizeBytes uint64 `json:"size_bytes"`
	WarnBytes uint64 `json:"warn_bytes" doc:"Free bytes below which the level is warn"`
	FullBytes uint64 `json:"full_bytes" doc:"Free bytes below which the level is full"`
}

// Member is a node of the cluster.
type Member struct {
	ID           string `json:"id"`
	Role         string `json:"role" enum:"voter,nonvoter"`
	Demoted      bool   `json:"demoted,omitempty" doc:"An operator made it a non-voter: it gets no vote until it is promoted"`
	Leader       bool   `json:"leader"`
	Status       string `json:"status" enum:"alive,suspect,left"`
	RaftAddress  string `json:"raft_address"`
	HTTPAddress  string `json:"http_address"`
	Version      string `json:"version" doc:"Version of the node's binary"`
	AppliedIndex uint64 `json:"applied_index"`
	MissingBlobs int    `json:"missing_blobs"`
	Draining     bool   `json:"draining,omitempty" doc:"It was told to drain: it takes no deploys and does not want to lead"`
	Disk         *Disk  `json:"disk,omitempty" doc:"Free space for its data folder, as it reports; absent: not known"`
	ClockAhead   string `json:"clock_ahead,omitempty" doc:"Of the voters' median (of the node that answered while no majority agrees); absent: not heard of for a minute"`
	ClockWrong   bool   `json:"clock_wrong" doc:"Its clock differs from those of most voters by more than cluster.max_clock_skew: it should not lead"`
}

// NodeRequest is the body of POST /v1/cluster/transfer, remove, promote, demote, drain and undrain.
// Without a node, transfer lets the cluster choose, and drain and undrain mean the node that gets
// the call.
type NodeRequest struct {
	Node string `json:"node,omitempty"`
}

// BackupKept is the body and the answer of POST /v1/backup/kept: a backup that has arrived where it
// is kept.
type BackupKept struct {
	BackupID     string `json:"backup_id" doc:"As Aion-Backup named it"`
	Index        uint64 `json:"index" doc:"Of its state"`
	AgeMS        int64  `json:"age_ms" doc:"How long ago it was begun: what was acknowledged before is in it, what came later would be lost"`
	EverySeconds int64  `json:"every_s,omitempty" doc:"How often one is to be made; absent: nobody has said"`
}

// Restored is the answer of POST /v1/cluster/restore.
type Restored struct {
	ClusterID string         `json:"cluster_id" doc:"Of the cluster, which keeps it"`
	Node      string         `json:"node" doc:"That leads, and has built the state"`
	Index     uint64         `json:"index" doc:"Of the state that the cluster has now"`
	Digest    string         `json:"digest" doc:"Of that state"`
	Voters    []string       `json:"voters" doc:"That have the state: a majority at least"`
	WaitsFor  []string       `json:"waits_for,omitempty" doc:"Other nodes that voted before: they vote again once they have the state"`
	Backup    RestoredBackup `json:"backup" doc:"What was restored"`
}

// RestoredBackup is what a backup says about itself.
type RestoredBackup struct {
	BackupID    string    `json:"backup_id" doc:"As Aion-Backup named it"`
	ClusterID   string    `json:"cluster_id" doc:"Of the cluster that it is of"`
	ClusterName string    `json:"cluster_name,omitempty" doc:"cluster.name of the node that made it"`
	Node        string    `json:"node" doc:"That made it"`
	Build       string    `json:"build" doc:"Of that node"`
	Index       uint64    `json:"index" doc:"Of its state"`
	LogTime     time.Time `json:"log_time" doc:"Of the entry of that index"`
	Level       uint64    `json:"level" doc:"Of its state"`
	Digest      string    `json:"digest" doc:"Of its state, as /v1/cluster showed it"`
	Versions    uint64    `json:"versions" doc:"That are loaded"`
	OpenRuns    uint64    `json:"open_runs" doc:"How many it has"`
	ClosedRuns  uint64    `json:"closed_runs" doc:"How many it has"`
	Archives    uint64    `json:"archives" doc:"How many it has"`
	Bytes       int64     `json:"bytes" doc:"Of the file"`
}

// TimeRequest is the body of POST /v1/cluster/clock.
type TimeRequest struct {
	Time string `json:"time" doc:"RFC 3339; what time it is, by another clock than the leader's"`
}

// TimeAnswer contains the new log time.
type TimeAnswer struct {
	LogTime time.Time `json:"log_time"`
	Answered
}

// NodeAnswer names the node that the operation affected.
type NodeAnswer struct {
	Node string `json:"node"`
	Answered
}

// Health is the answer of /health/live and /health/ready.
type Health struct {
	Status string `json:"status" enum:"ok"`
}

// StreamEvent is one event of /v1/events.
type StreamEvent struct {
	ID   uint64          // log index, on the last event of an index; 0 on the others
	Name string          // PackageLoaded, RouteChanged, ...
	Data json.RawMessage // by name
}
