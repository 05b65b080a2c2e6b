package bench

import "time"

// Report is what a measurement found: the JSON document of `aion-node bench`.
type Report struct {
	Version     string    `json:"version"` // of this binary: the release, or the commit
	At          time.Time `json:"at"`
	Machine     Machine   `json:"client"` // of callers and workers, and of nodes that were started here
	Cluster     Cluster   `json:"cluster"`
	Settings    Told      `json:"settings"`
	Results     []Result  `json:"results"`
	NotMeasured []NotDone `json:"not_measured"`
	Left        []string  `json:"left"` // in the cluster, because it could not be removed
}

// Cluster is what was measured.
type Cluster struct {
	Own   bool   `json:"own"` // started for the measurement, on the machine of callers and workers
	Nodes []Node `json:"nodes"`
	Asked string `json:"asked"` // the address that callers and workers tried first
}

// Node is a node of it.
type Node struct {
	Node    string `json:"node"`
	URL     string `json:"url"`
	Version string `json:"version"`
}

// Told are the settings as JSON tells them.
type Told struct {
	Callers  []int  `json:"callers"`
	Duration string `json:"duration"`
	Rounds   int    `json:"rounds"`
	Workers  int    `json:"workers"`
	Kills    int    `json:"kills"`
	Face     string `json:"face,omitempty"`
}

// NotDone is a row that was not measured.
type NotDone struct {
	Row     string `json:"row"`
	Callers int    `json:"callers,omitempty"`
	Why     string `json:"why"`
}

// Result is a row: medians over all rounds. Latencies are in milliseconds, CPU is in microseconds a
// run.
type Result struct {
	Row     string `json:"row"`
	Does    string `json:"does"`
	Callers int    `json:"callers"`
	Sample
	SpreadPerSecond Spread   `json:"per_second_spread"`
	SpreadP50       Spread   `json:"p50_ms_spread"`
	Rounds          []Sample `json:"rounds"`
}

// Sample is what one measurement counted. A run is one of whatever the row measures.
type Sample struct {
	Runs       int         `json:"runs"` // of a result: of all rounds together
	Errors     int         `json:"errors"`
	FirstError string      `json:"first_error,omitempty"`
	PerSecond  float64     `json:"per_second"`
	P50        float64     `json:"p50_ms"`
	P90        float64     `json:"p90_ms"`
	P99        float64     `json:"p99_ms"`
	Max        float64     `json:"max_ms"` // of a result: of all rounds
	ClientCPU  float64     `json:"client_cpu_us"`
	Nodes      []NodeUsage `json:"nodes,omitempty"`
	Commits    float64     `json:"commits"`                    // entries of the log a run
	LogBytes   float64     `json:"log_bytes"`                  // of them, as one node writes them; 0 = not known
	Others     float64     `json:"others_cpu_share,omitempty"` // of the machine's CPU, if the nodes are on it too
	LogWrites  float64     `json:"log_writes"`                 // of the leader's log, each with an fsync; 0 = not known
}

// NodeUsage is what one node used.
type NodeUsage struct {
	Node        string  `json:"node"`
	Leader      bool    `json:"leader"`
	CPU         float64 `json:"cpu_us"`
	MemoryBytes float64 `json:"memory_bytes"` // at the end
	Shares      []Share `json:"cpu_shares,omitempty"`
}

// addShares says where the CPU of each node went.
func (s *Sample) addShares(of map[string][]Share) {
	for i := range s.Nodes {
		s.Nodes[i].Shares = of[s.Nodes[i].Node]
	}
}

// combine makes a row's result of its samples, one a round.
func combine(r *row, callers int, samples []Sample) Result {
	of := func(field func(*Sample) float64) (values []float64) {
		for i := range samples {
			values = append(values, field(&samples[i]))
		}
		return values
	}
	perSecond, p50 := of(func(s *Sample) float64 { return s.PerSecond }), of(func(s *Sample) float64 { return s.P50 })
	result := Result{Row: r.name, Does: r.does, Callers: callers, SpreadPerSecond: spreadOf(perSecond), SpreadP50: spreadOf(p50), Rounds: samples}
	result.PerSecond, result.P50 = rounded(median(perSecond), 1), rounded(median(p50), 3)
	for _, m := range []struct {
		to    *float64
		field func(*Sample) float64
	}{
		{&result.P90, func(s *Sample) float64 { return s.P90 }},
		{&result.P99, func(s *Sample) float64 { return s.P99 }},
		{&result.ClientCPU, func(s *Sample) float64 { return s.ClientCPU }},
		{&result.Commits, func(s *Sample) float64 { return s.Commits }},
		{&result.LogBytes, func(s *Sample) float64 { return s.LogBytes }},
		{&result.Others, func(s *Sample) float64 { return s.Others }},
		{&result.LogWrites, func(s *Sample) float64 { return s.LogWrites }},
	} {
		*m.to = rounded(median(of(m.field)), 4)
	}
	for i := range samples {
		s := &samples[i]
		result.Runs += s.Runs
		result.Errors += s.Errors
		result.Max = max(result.Max, s.Max)
		if result.FirstError == "" {
			result.FirstError = s.FirstError
		}
	}
	result.Nodes = combineNodes(samples)
	return result
}

// combineNodes returns the medians of each node. Which one leads is that of the last round, and so
// is where its CPU went.
func combineNodes(samples []Sample) (all []NodeUsage) {
	if len(samples) == 0 {
		return nil
	}
	for _, last := range samples[len(samples)-1].Nodes {
		var cpu, memory []float64
		for i := range samples {
			for _, n := range samples[i].Nodes {
				if n.Node == last.Node {
					cpu, memory = append(cpu, n.CPU), append(memory, n.MemoryBytes)
				}
			}
		}
		all = append(all, NodeUsage{Node: last.Node, Leader: last.Leader, CPU: rounded(median(cpu), 1), MemoryBytes: median(memory), Shares: last.Shares})
	}
	return all
}

// Disturbed returns which share of the machine's CPU others took while a line was measured: the
// median of all lines and the most. Both are 0 if it is not known.
func (r *Report) Disturbed() (typical, most float64) {
	var shares []float64
	for i := range r.Results {
		shares = append(shares, r.Results[i].Others)
		most = max(most, r.Results[i].Others)
	}
	return median(shares), most
}
