package bench

import "time"

// ScaleReport is what `aion-node bench scale` found: its JSON document.
type ScaleReport struct {
	Version   string        `json:"version"` // of the binary that callers and nodes are; several if it went on with another
	At        time.Time     `json:"at"`      // when it was begun
	Machine   Machine       `json:"client"`  // which nodes and callers share
	Settings  ScaleSettings `json:"scale"`
	Points    []ScalePoint  `json:"points"`
	Retention *Purged       `json:"retention,omitempty"`
}

// ScalePoint is a cluster of one size.
type ScalePoint struct {
	Step             ScaleStep `json:"step"`   // what was to be measured
	Open             uint64    `json:"open"`   // runs that there were
	Closed           uint64    `json:"closed"` // with those of earlier measurements
	Filled           *Filled   `json:"filled,omitempty"`
	Nodes            []Rest    `json:"nodes"`
	Lines            []Waited  `json:"lines"`
	Others           float64   `json:"others_cpu_share,omitempty"` // of the machine's CPU, while lines were measured
	JoinedBySnapshot bool      `json:"joined_by_snapshot"`         // the new node got a snapshot; otherwise the log held everything
}

// Filled is what it cost to put the runs in. Figures are of one run; those of the log and of the
// disk are of the leader.
type Filled struct {
	Status    string  `json:"status"` // open or closed
	Runs      int     `json:"runs"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"`
	Settled   float64 `json:"settled_s"` // from the last start until the nodes had no more to do
	Commits   float64 `json:"commits"`
	LogBytes  float64 `json:"log_bytes"`
	LogWrites float64 `json:"log_writes"` // each with an fsync
	DiskBytes float64 `json:"disk_bytes"` // written by the leader in all: log, state, snapshots; 0 = not known
	LeaderCPU float64 `json:"leader_cpu_us"`
	ClientCPU float64 `json:"client_cpu_us"`
	Others    float64 `json:"others_cpu_share,omitempty"`
}

// Rest is what a node holds when it has nothing to do, in bytes.
type Rest struct {
	Node      string  `json:"node"`
	Leader    bool    `json:"leader"`
	Memory    float64 `json:"memory_bytes"`
	Peak      float64 `json:"peak_memory_bytes,omitempty"` // since it was started, so while it was filled; 0 = not known
	Restarted float64 `json:"restarted_memory_bytes"`      // after the restart of all nodes
	Disk
}

// Disk is what a node holds on disk, in bytes.
type Disk struct {
	State     float64 `json:"state_bytes"`
	Log       float64 `json:"log_bytes"`
	Snapshots float64 `json:"snapshot_bytes"`
	Other     float64 `json:"other_bytes"` // archives, identity, the reserve
}

// Waited is a line of a point: how long something took, in milliseconds.
type Waited struct {
	Line       string  `json:"line"`
	Count      int     `json:"count"`
	Errors     int     `json:"errors"`
	FirstError string  `json:"first_error,omitempty"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	Max        float64 `json:"max_ms"`
}

// Purged tells how the closed runs were deleted.
type Purged struct {
	Runs      uint64     `json:"runs"`
	Seconds   float64    `json:"seconds"` // until the last was gone
	PerSecond float64    `json:"per_second"`
	Course    []PurgedAt `json:"course"`
}

// PurgedAt is one moment of it. The disk is that of the leader.
type PurgedAt struct {
	Seconds float64 `json:"seconds"`
	Closed  uint64  `json:"closed"`
	Disk
}

// line returns a line of the point; nil if it was not measured.
func (p *ScalePoint) line(name string) *Waited {
	for i := range p.Lines {
		if p.Lines[i].Line == name {
			return &p.Lines[i]
		}
	}
	return nil
}

// shares returns what the leader holds, and the mean of all others.
func (p *ScalePoint) shares() (leader, follower Rest) {
	others := 0.0
	for _, n := range p.Nodes {
		if n.Leader {
			leader = n
			continue
		}
		others++
		follower.Memory += n.Memory
		follower.Peak += n.Peak
		follower.Restarted += n.Restarted
	}
	if others > 0 {
		follower.Memory /= others
		follower.Peak /= others
		follower.Restarted /= others
	}
	return leader, follower
}

func (d Disk) all() float64 { return d.State + d.Log + d.Snapshots + d.Other }
