package cluster

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/cluster/blobs"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
)

// Any node makes backups, from its own disk. One that does not lead first asks the leader how far
// it has to be, so that a backup has everything that was acknowledged before it began.

// callIndex asks the leader for an index that includes everything acknowledged before the call.
const callIndex = "index"

type indexAnswer struct {
	Index uint64 `json:"index"`
}

func (c *Cluster) answerIndex(ctx context.Context, _ port.Introduction, _ struct{}) (indexAnswer, error) {
	if err := c.Sync(ctx); err != nil {
		return indexAnswer{}, err
	}
	return indexAnswer{c.state.Applied()}, nil
}

// applyAcknowledged returns once this node has applied everything that was acknowledged before the
// call.
func (c *Cluster) applyAcknowledged(ctx context.Context) error {
	r := c.raft.Load()
	if r == nil {
		return &engine.Unavailable{Why: "this node does not belong to a cluster yet"}
	}
	if c.leads() {
		return c.Sync(ctx)
	}
	address, id := r.LeaderWithID()
	if address == "" {
		return c.leaderless()
	}
	var a indexAnswer
	if err := c.call(ctx, port.Server{ID: string(id), Address: string(address)}, callIndex, struct{}{}, &a); err != nil {
		return err
	}
	if err := c.WaitIndex(ctx, a.Index); err != nil {
		return &engine.Unavailable{Why: fmt.Sprintf("this node is catching up with the log: %d of %d entries", c.state.Applied(), a.Index)}
	}
	return nil
}

// BeginBackup opens a backup of this node's state, with every archive that the state names. A stale
// one may lack what was acknowledged lately, and needs no leader.
func (c *Cluster) BeginBackup(ctx context.Context, stale bool) (*backup.Session, error) {
	if err := c.closedError(); err != nil {
		return nil, err
	}
	if !stale {
		if err := c.applyAcknowledged(ctx); err != nil {
			return nil, err
		}
	}
	return c.backups.Begin(func(string) (t backup.Taken, err error) { return c.takeBackup(ctx) })
}

// FindBackup returns a backup that this node has open.
func (c *Cluster) FindBackup(id string) (*backup.Session, error) { return c.backups.Find(id) }

func (c *Cluster) takeBackup(ctx context.Context) (t backup.Taken, err error) {
	s, err := c.state.Snapshot()
	if err != nil {
		return t, err
	}
	defer func() {
		if err != nil {
			s.Release()
		}
	}()
	f, err := fsm.FactsOf(s)
	if err != nil {
		return t, err
	}
	h := backup.Header{
		ClusterID: cmp.Or(f.ClusterID, c.clusterID()), ClusterName: c.cfg.ClusterName, Node: c.id, Build: c.cfg.Version,
		Index: f.Index, LogTime: f.At.Std(), Level: f.Level, Digest: f.Digest.String(), Versions: f.Versions, OpenRuns: f.Open, ClosedRuns: f.Closed, Archives: []backup.Archive{},
	}
	if r := c.raft.Load(); r != nil {
		h.Term = r.CurrentTerm()
	}
	if h.StateBytes, err = s.Size(); err != nil {
		return t, err
	}
	for _, d := range f.Archives {
		if c.blobs == nil {
			return t, &engine.Unavailable{Why: "this node has no archives"}
		}
		n, err := c.blobs.Size(ctx, d)
		if err != nil {
			return t, err
		}
		h.Archives = append(h.Archives, backup.Archive{Digest: d, Bytes: n})
	}
	return backup.Taken{Header: h, From: backupSource{s, c.blobs}, Release: s.Release}, nil
}

// backupSource implements backup.Source.
type backupSource struct {
	state    *fsm.Snapshot
	archives *blobs.Blobs
}

func (b backupSource) Archive(ctx context.Context, d catalog.Digest) ([]byte, error) {
	return b.archives.Get(ctx, d)
}

func (b backupSource) WriteTo(w io.Writer) (int64, error) { return b.state.WriteTo(w) }
