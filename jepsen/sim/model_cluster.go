package sim

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// cluster is what nodes have reported about themselves.
type cluster struct {
	id      string
	nodes   map[string]*rows.Node
	used    map[string]bool // ids of nodes that were removed forever
	ready   map[catalog.Version]map[string]rows.Readiness
	checks  []uint64 // indexes, oldest first
	reports map[uint64]map[string]catalog.Digest
	bounds  rows.Limits            // of the cluster
	files   map[string]rows.Limits // the limits in each node's own configuration
	level   uint64                 // of the state
	tokens  map[string]rows.JoinToken
	demoted map[string]bool
	checked bool // the entry being judged holds a check
}

func newCluster() cluster {
	return cluster{nodes: map[string]*rows.Node{}, used: map[string]bool{}, ready: map[catalog.Version]map[string]rows.Readiness{}, reports: map[uint64]map[string]catalog.Digest{}, files: map[string]rows.Limits{}, tokens: map[string]rows.JoinToken{}, demoted: map[string]bool{}}
}

// end ends an entry: a check counts from then on, and the newest 16 are remembered.
func (m *Model) end() {
	m.judgeCanaries()
	m.settle()
	if !m.checked {
		return
	}
	m.checked = false
	m.checks = append(m.checks, m.index)
	if len(m.checks) > 16 {
		delete(m.reports, m.checks[0])
		m.checks = m.checks[1:]
	}
}

func (m *Model) report(c fsm.Command) (code string) {
	switch c := c.(type) {
	case *fsm.AnnounceNode:
		if c.Node.ID == "" {
			return "invalid_input"
		}
		if m.used[c.Node.ID] {
			return "invalid_state"
		}
		n := c.Node
		n.AnnouncedAt, n.Digest, n.DigestIndex = m.now, catalog.Digest{}, 0
		if old := m.nodes[n.ID]; old != nil {
			n.Digest, n.DigestIndex = old.Digest, old.DigestIndex
		}
		m.nodes[n.ID] = &n
		if m.id == "" {
			m.id = c.ClusterID
		}
	case *fsm.RemoveNode:
		if c.Forever {
			m.used[c.ID] = true
		}
		if m.nodes[c.ID] != nil {
			delete(m.nodes, c.ID)
			delete(m.files, c.ID)
			delete(m.demoted, c.ID)
			for _, of := range m.ready { // any order: each loses its own
				delete(of, c.ID)
			}
		}
	case *fsm.ReportReady:
		if m.loaded[c.Version] != nil && m.nodes[c.Node] != nil {
			if m.ready[c.Version] == nil {
				m.ready[c.Version] = map[string]rows.Readiness{}
			}
			m.ready[c.Version][c.Node] = rows.Readiness{Version: c.Version, Node: c.Node, Ready: c.Ready, Problem: c.Problem}
		}
	case *fsm.ReportDigest:
		n := m.nodes[c.Node]
		if n == nil || !slices.Contains(m.checks, c.Index) {
			break
		}
		if m.reports[c.Index] == nil {
			m.reports[c.Index] = map[string]catalog.Digest{}
		}
		if first, ok := m.reports[c.Index][c.Node]; ok && first != c.Digest {
			break // the first one stays
		}
		m.reports[c.Index][c.Node] = c.Digest
		if c.Index >= n.DigestIndex {
			n.Digest, n.DigestIndex = c.Digest, c.Index
		}
	case *fsm.SetLimits:
		n := c.Limits.RequestBytes
		if m.nodes[c.Node] == nil || n < fsm.MinRequestBytes || n > fsm.MaxRequestBytes {
			return "invalid_input"
		}
		said, known := m.files[c.Node]
		if m.bounds == (rows.Limits{}) || known && said != c.Limits {
			m.bounds, m.table.moved = c.Limits, true
		}
		m.files[c.Node] = c.Limits
	case *fsm.RaiseLevel:
		if m.level == 0 && c.Level > 0 {
			m.firstFacts()
		}
		if m.level < 2 && c.Level >= 2 {
			m.untaken = m.started > 0
		}
		m.level = max(m.level, c.Level)
	case *fsm.Check:
		m.checked = true
	case *fsm.IssueJoinToken, *fsm.RevokeJoinToken, *fsm.SetVote:
		return m.member(c)
	}
	return ok
}

var nodeNames = []string{"n0", "n1", "n2", "n3"}

// report draws a node's report about itself, through the leader.
func (w *World) report(n *node, rng *rand.Rand) bool {
	name := one(rng, nodeNames)
	var c fsm.Command
	switch rng.IntN(13) {
	case 11, 12:
		switch {
		case w.model.level < 2 || w.model.level == 2 && !odds(rng, 3):
			return false
		case w.model.level == 2:
			c = &fsm.RaiseLevel{Level: 3}
		default:
			c = memberCommand(rng, name)
		}
	case 10:
		c = &fsm.ConfirmTime{At: w.now}
		if odds(rng, 2) {
			raise := &fsm.RaiseLevel{Level: rng.Uint64N(fsm.NewestLevel + 1)}
			if odds(rng, 2) { // what is new takes most of the time to find
				raise.Level = fsm.NewestLevel
			}
			c = raise
		}
	case 0, 1:
		c = &fsm.AnnounceNode{Node: rows.Node{ID: name, RaftAddress: fmt.Sprint("r", rng.IntN(3)), HTTPAddress: "h", Version: "sim"}, ClusterID: fmt.Sprint("cluster-", rng.IntN(3))}
		if odds(rng, 12) {
			c = &fsm.AnnounceNode{ClusterID: "nobody"}
		}
	case 2:
		if !odds(rng, 3) {
			return false
		}
		c = &fsm.RemoveNode{ID: name, Forever: odds(rng, 4)}
	case 3, 4:
		c = &fsm.ReportReady{Node: name, Version: one(rng, known).Version, Ready: odds(rng, 2)}
	case 5, 6:
		r := &fsm.ReportDigest{Node: name, Index: rng.Uint64N(uint64(len(w.log)) + 1)}
		if checks := w.model.checks; len(checks) > 0 && !odds(rng, 6) {
			r.Index = one(rng, checks)
		}
		if r.Index > 0 {
			r.Digest = w.log[r.Index-1].digest
		}
		c = r
	case 7, 8: // large ones, because no world fills the request table
		c = &fsm.SetLimits{Node: name, Limits: rows.Limits{RequestBytes: one(rng, []uint64{1 << 30, 2 << 30, 2 << 30, 3 << 30, fsm.MaxRequestBytes + 1})}}
	default:
		c = &fsm.Check{Leader: name}
	}
	return w.forward(n, &call{envelope: fsm.Envelope{Command: c}})
}

func (m *Model) clusterIsNot(w *World, v fsm.View) string {
	if got := v.ClusterID(); got != m.id {
		return fmt.Sprintf("the cluster is %q, want %q", got, m.id)
	}
	if got := v.Level(); got != m.level {
		return fmt.Sprintf("the state is at level %d, want %d", got, m.level)
	}
	nodes := v.Nodes()
	names := slices.Sorted(maps.Keys(m.nodes))
	if !slices.EqualFunc(nodes, names, func(n rows.Node, name string) bool { return n == *m.nodes[name] }) {
		return fmt.Sprintf("the nodes are %+v, want %v", nodes, names)
	}
	if why := m.membersAreNot(v); why != "" {
		return why
	}
	var want []rows.Readiness
	for _, of := range m.ready { // any order: sorted below
		want = slices.AppendSeq(want, maps.Values(of))
	}
	slices.SortFunc(want, func(a, b rows.Readiness) int {
		if c := bytes.Compare(a.Version[:], b.Version[:]); c != 0 {
			return c
		}
		return strings.Compare(a.Node, b.Node)
	})
	if got := v.Readiness(); !slices.Equal(got, want) {
		return fmt.Sprintf("readiness is %+v, want %+v", got, want)
	}
	if got, _ := v.Limits(); got != m.bounds {
		return fmt.Sprintf("the limits are %+v, want %+v", got, m.bounds)
	}
	for _, name := range nodeNames {
		if got, _ := v.FileLimits(name); got != m.files[name] {
			return fmt.Sprintf("the file of %s says %+v, want %+v", name, got, m.files[name])
		}
	}
	checks := v.Checks()
	if !slices.EqualFunc(checks, m.checks, func(c rows.Check, index uint64) bool { return c.Index == index && c.Digest == w.log[index-1].digest }) {
		return fmt.Sprintf("the checks are %+v, want those at %v with the digests of the log", checks, m.checks)
	}
	for _, index := range m.checks {
		got := v.DigestReports(index)
		names := slices.Sorted(maps.Keys(m.reports[index]))
		if !slices.EqualFunc(got, names, func(r fsm.DigestReport, name string) bool {
			return r.Node == name && r.Digest == m.reports[index][name]
		}) {
			return fmt.Sprintf("for the check at %d were reported %+v, want those of %v", index, got, names)
		}
	}
	return ""
}
