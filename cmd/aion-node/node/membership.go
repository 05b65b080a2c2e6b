package node

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/engine"
	"aion.dev/aion/internal/certs"
	"aion.dev/aion/transport/wire"
)

// membership presents the cluster to the HTTP server.
type membership struct {
	*cluster.Cluster
	certs *certs.Set // nil = plaintext
}

// Ready implements transport.Cluster. A draining node works, but callers should go elsewhere; a
// node with an expired certificate is refused by everybody.
func (m membership) Ready() error {
	if m.Draining() {
		return &engine.Unavailable{Why: "this node is draining"}
	}
	if m.certs != nil {
		if err := m.certs.Expired(time.Now()); err != nil {
			return &engine.Unavailable{Why: err.Error()}
		}
	}
	return m.Cluster.Ready()
}

// Status implements transport.Cluster.
func (m membership) Status(ctx context.Context) (wire.Cluster, error) {
	s, err := m.Cluster.Status(ctx)
	if err != nil {
		return wire.Cluster{}, err
	}
	c := wire.Cluster{
		ClusterID: s.ClusterID, Node: s.Node, Leader: s.Leader, Term: s.Term, LogTime: s.LogTime.Std(),
		Level: s.Level, CommitIndex: s.CommitIndex, AppliedIndex: s.AppliedIndex, Clocks: s.Clocks, LogTimeHeld: held(s), Digest: s.Digest.String(), DigestIndex: s.DigestIndex, Draining: m.Draining(), Members: []wire.Member{},
	}
	c.Disk = diskOf(m.Disk())
	found := append(cluster.FindingsOf(s, m.Behind()), m.certificates(time.Now())...)
	c.Healthy, c.Findings = cluster.Healthy(found), []wire.Finding{}
	for _, f := range found {
		c.Findings = append(c.Findings, wire.Finding(f))
	}
	if s.DeployChain != (catalog.Digest{}) {
		c.DeployChain = s.DeployChain.String()
	}
	for _, x := range s.Members {
		c.Members = append(c.Members, wire.Member{
			ID: x.ID, Role: x.Role, Demoted: x.Demoted, Leader: x.Leader, Status: x.Status, RaftAddress: x.RaftAddress, HTTPAddress: x.HTTPAddress,
			Version: x.Version, AppliedIndex: x.AppliedIndex, MissingBlobs: x.MissingBlobs, Draining: x.Draining, Disk: diskOf(x.Disk), ClockAhead: clockAhead(x), ClockWrong: x.ClockWrong,
		})
	}
	return c, nil
}

// certificates says which files of this node expire soon, as its log does.
func (m membership) certificates(now time.Time) (found []cluster.Finding) {
	if m.certs == nil {
		return nil
	}
	for file, at := range m.certs.Ends() {
		f := cluster.Finding{Code: "certificate_expires", Severity: cluster.Warning, Node: m.ID(), Do: "renew it: docs/OPERATIONS.md, Certificates"}
		switch left := at.Sub(now); {
		case left <= 0:
			f.Severity, f.Text = cluster.Critical, fmt.Sprintf("%s of node %s expired on %s: nobody accepts the node", file, m.ID(), at.UTC().Format(time.RFC3339))
		case left < certs.WarnBefore:
			f.Text = fmt.Sprintf("%s of node %s expires on %s", file, m.ID(), at.UTC().Format(time.RFC3339))
		default:
			continue
		}
		found = append(found, f)
	}
	slices.SortFunc(found, func(a, b cluster.Finding) int { return strings.Compare(a.Text, b.Text) })
	return found
}

// diskOf returns nil while nothing is known.
func diskOf(d folder.DiskState) *wire.Disk {
	if d.Size == 0 {
		return nil
	}
	return &wire.Disk{Level: d.Level, FreeBytes: d.Free, SizeBytes: d.Size, WarnBytes: d.Warn, FullBytes: d.Full}
}

func clockAhead(m cluster.Member) string {
	if !m.ClockKnown {
		return ""
	}
	return m.ClockAhead.Round(time.Millisecond).String()
}

func held(s cluster.Status) string {
	if s.LogTimeHeld == 0 {
		return ""
	}
	return s.LogTimeHeld.Round(time.Millisecond).String()
}
