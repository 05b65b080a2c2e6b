package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// meter reads what nodes and this process have used. It asks each node's /metrics, so it works for
// any cluster whose nodes this machine reaches.
type meter struct {
	http  *http.Client
	nodes map[string]string // URL of each node, by its name
	own   *prometheus.Registry
	here  bool // the nodes run on this machine
}

func newMeter(c *http.Client, nodes map[string]string) *meter {
	own := prometheus.NewRegistry()
	own.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &meter{http: c, nodes: nodes, own: own}
}

// reading is what had been used at one moment. A node that did not answer is absent.
type reading struct {
	client  float64 // seconds of CPU
	nodes   map[string]gauges
	machine machineLoad // unless nodes are elsewhere
}

// gauges are one node's figures by the names in /metrics.
type gauges map[string]float64

const (
	gaugeCPU     = "process_cpu_seconds_total"
	gaugeMemory  = "process_resident_memory_bytes"
	gaugeStarted = "process_start_time_seconds"
	gaugeLeader  = "aion_cluster_is_leader"
	gaugeTerm    = "aion_raft_term"
	gaugeCommit  = "aion_raft_commit_index"
	gaugeApplied = "aion_state_applied_index"
	gaugeWritten = "aion_raft_log_written_bytes_total"
	gaugeWrites  = "aion_raft_log_writes_total"
)

func (m *meter) read(ctx context.Context) reading {
	r := reading{nodes: map[string]gauges{}}
	if families, err := m.own.Gather(); err == nil {
		for _, f := range families {
			if f.GetName() == gaugeCPU {
				r.client = f.GetMetric()[0].GetCounter().GetValue()
			}
		}
	}
	if m.here {
		r.machine = parseLoad(fileText("/proc/stat"))
	}
	for name, url := range m.nodes {
		if g, err := scrape(ctx, m.http, url); err == nil {
			r.nodes[name] = g
		}
	}
	return r
}

// scrape reads the figures without labels of one node.
func scrape(ctx context.Context, c *http.Client, url string) (gauges, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s/metrics: %s", url, resp.Status)
	}
	return parseGauges(resp.Body)
}

// parseGauges parses lines "NAME VALUE" of the text format of Prometheus.
func parseGauges(from io.Reader) (gauges, error) {
	g := gauges{}
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || name == "#" || strings.Contains(name, "{") {
			continue
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			g[name] = v
		}
	}
	return g, lines.Err()
}

// usage is what was used between two readings, or in several such times.
type usage struct {
	client  float64 // seconds of CPU
	nodes   map[string]nodeUsage
	commits float64 // entries of the log
	bytes   float64 // of them, as the leader wrote them
	writes  float64 // of the leader's log
	logged  bool    // bytes and writes are known
	others  float64 // share of the machine's CPU that others took, the most of all times
}

type nodeUsage struct {
	cpu    float64 // seconds
	memory float64 // bytes, the most of all readings
	leader bool    // it led at the end
}

// add adds what was used between two readings. A node that was restarted meanwhile is left out.
func (u *usage) add(before, after reading) {
	u.client += after.client - before.client
	used := after.client - before.client
	if u.nodes == nil {
		u.nodes = map[string]nodeUsage{}
	}
	commits := 0.0
	for name, now := range after.nodes {
		then, ok := before.nodes[name]
		if !ok || then[gaugeStarted] != now[gaugeStarted] {
			continue
		}
		n := u.nodes[name]
		n.cpu += now[gaugeCPU] - then[gaugeCPU]
		used += now[gaugeCPU] - then[gaugeCPU]
		n.memory = max(n.memory, now[gaugeMemory])
		n.leader = now[gaugeLeader] == 1
		u.nodes[name] = n
		commits = max(commits, now[gaugeCommit]-then[gaugeCommit])
		if _, known := now[gaugeWrites]; n.leader && known {
			u.logged = true
			u.bytes += now[gaugeWritten] - then[gaugeWritten]
			u.writes += now[gaugeWrites] - then[gaugeWrites]
		}
	}
	u.commits += commits
	u.others = max(u.others, othersShare(before.machine, after.machine, used))
}

// addUsage says in a sample what its runs cost.
func (s *Sample) addUsage(before, after reading) {
	u := usage{}
	u.add(before, after)
	s.setUsage(u)
}

func (s *Sample) setUsage(u usage) {
	if s.Runs == 0 {
		return
	}
	runs := float64(s.Runs)
	micros := func(seconds float64) float64 { return rounded(seconds*1e6/runs, 1) }
	s.ClientCPU, s.Commits = micros(u.client), rounded(u.commits/runs, 3)
	s.Others = rounded(u.others, 3)
	if u.logged {
		s.LogBytes, s.LogWrites = rounded(u.bytes/runs, 1), rounded(u.writes/runs, 4)
	}
	for _, name := range slices.Sorted(maps.Keys(u.nodes)) {
		n := u.nodes[name]
		s.Nodes = append(s.Nodes, NodeUsage{Node: name, Leader: n.leader, CPU: micros(n.cpu), MemoryBytes: n.memory})
	}
}
