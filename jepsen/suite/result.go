package suite

import (
	"time"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/load"
)

// Spec describes one run. The same Spec and binary make the same choices; timing differs.
type Spec struct {
	Seed        uint64         `json:"seed"`
	Workload    string         `json:"workload"`
	Faults      string         `json:"faults"` // name of the set that Schedule was planned from: a fault, "pairs", "none"
	Nodes       int            `json:"nodes"`
	Length      time.Duration  `json:"length"` // of the part under faults
	Concurrency int            `json:"concurrency"`
	Rate        float64        `json:"rate,omitempty"`
	Face        string         `json:"face,omitempty"` // of nodes, which callers and workers call; see load.Faces. Empty = the seed decides
	Schedule    fault.Schedule `json:"schedule"`
	Flags       []string       `json:"flags,omitempty"`     // of every node
	Env         []string       `json:"env,omitempty"`       // of every node
	Tagged      bool           `json:"tagged,omitempty"`    // the binary was built with -tags aionfaults
	Mixed       bool           `json:"mixed,omitempty"`     // nodes may be replaced by those of another commit
	Certified   bool           `json:"certified,omitempty"` // nodes have certificates
	Netns       bool           `json:"netns,omitempty"`     // nodes are in network namespaces
	Bug         string         `json:"bug,omitempty"`       // seeded
}

// Result is the outcome of a run: one JSON document in its folder, from which every report is made.
type Result struct {
	Spec
	Commit  string        `json:"commit"`
	Machine Machine       `json:"machine"`
	Started time.Time     `json:"started"`
	Took    time.Duration `json:"took"`
	Parts   []Part        `json:"parts,omitempty"` // how Took was spent, in order
	Ops     int           `json:"ops"`             // calls that the workload's clients made
	// of these, under faults; the rest resolved outcomes and read
	Load     int              `json:"load"`
	Counts   map[string]int   `json:"counts"` // by outcome
	Done     []fault.Done     `json:"done"`
	Recovery []time.Duration  `json:"recovery"`    // for each of Done: from its end to the next acknowledged change, or Never or Masked
	Longest  time.Duration    `json:"longest_gap"` // without an acknowledged change, begun under faults
	Acked    int              `json:"acked"`       // acknowledged changes
	Idle     time.Duration    `json:"idle"`        // the longest time in which changes were asked for, none was acknowledged and no fault lasted
	IdleFrom int64            `json:"idle_from"`   // when that began: nanoseconds since the run began
	Latency  [4]time.Duration `json:"latency"`     // of acknowledged changes under faults: half, 90 and 99 in a hundred, and the longest
	Until    int64            `json:"until"`       // when faults and load ended: nanoseconds since the run began
	// goroutines, descriptors and memory of each node at the start and at the end
	Growth     []string         `json:"growth,omitempty"`
	Violations []load.Violation `json:"violations"`
	Error      string           `json:"error,omitempty"` // the run could not be made: it neither passed nor failed
	Dir        string           `json:"dir,omitempty"`   // the folder that was kept
}

// Machine describes where a run was made.
type Machine struct {
	System string     `json:"system"` // linux/amd64
	Kernel string     `json:"kernel,omitempty"`
	CPUs   int        `json:"cpus"`
	Go     string     `json:"go"`
	Load   [2]float64 `json:"load"` // average of the last minute, at the start and at the end
}

// Part is a part of a run.
type Part struct {
	Name string        `json:"name"`
	Took time.Duration `json:"took"`
}

// Struck returns how many faults did anything.
func (r *Result) Struck() (n int) {
	for i := range r.Done {
		if r.Done[i].Struck() {
			n++
		}
	}
	return n
}

// Passed reports whether the run was made and nothing was found.
func (r *Result) Passed() bool { return r.Error == "" && len(r.Violations) == 0 }
