package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
)

// aside is the state of a backup, built in a folder of its own beside the cluster's state. Nobody
// sees it until it is taken over. A crash leaves the folder behind, and the next start removes it.
type aside struct {
	c      *Cluster
	state  *fsm.State
	header backup.Header
}

// asideFolder is in the data folder.
const asideFolder = "restoring"

// asideFiles bounds the database's open files: it is read once, from end to end.
const asideFiles = 100

func (c *Cluster) asidePlace() (vfs.FS, string) {
	fs := c.cfg.Parts.FS
	if fs == nil {
		fs = vfs.Default
	}
	return fs, filepath.Join(c.cfg.DataDir, asideFolder)
}

func (c *Cluster) removeAside() error {
	fs, dir := c.asidePlace()
	if err := fs.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove what is left of a restore: %w", err)
	}
	return nil
}

// buildAside reads a backup, checks every byte of it, gives its archives to a majority of the
// voters, and builds its state aside. The caller discards it.
func (c *Cluster) buildAside(ctx context.Context, file io.Reader) (_ *aside, err error) {
	if err := c.removeAside(); err != nil {
		return nil, err
	}
	_, dir := c.asidePlace()
	cfg := c.cfg.stateConfig()
	cfg.Dir, cfg.OpenFiles, cfg.Fatal = filepath.Join(dir, "state"), asideFiles, c.exitNow()
	b := &aside{c: c}
	if b.state, err = fsm.Open(cfg); err != nil {
		return nil, errors.Join(err, c.removeAside())
	}
	defer func() {
		if err != nil {
			b.discard()
		}
	}()
	upload := &upload{r: untilDone{ctx, file}}
	b.header, err = backup.Read(upload, backup.Sink{
		Begin:   c.mayTake,
		Archive: func(d catalog.Digest, content []byte) error { return c.takeArchive(ctx, d, content) },
		State:   b.state.Restore,
	})
	if err != nil {
		return nil, unusable(upload, err)
	}
	index, digest := b.state.Digest()
	if index != b.header.Index || digest.String() != b.header.Digest {
		return nil, badFile("has a state of index %d and digest %s, and its header says %d and %s", index, digest, b.header.Index, b.header.Digest)
	}
	return b, b.takeOurName()
}

// upload remembers why a file could not be read to its end, which says more than what the
// reader of the backup makes of it.
type upload struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (u *upload) Read(b []byte) (int, error) {
	n, err := u.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		u.err = err
	}
	return n, err
}

func badFile(format string, args ...any) error {
	return &catalog.InvalidInput{Field: "body", Reason: fmt.Sprintf(format, args...)}
}

// unusable is the error of a backup that was not read to its end.
func unusable(u *upload, err error) error {
	if u.err != nil {
		return u.err
	}
	if d, is := errors.AsType[*backup.Damaged](err); is {
		return badFile("is not a backup that could be restored: %v", d)
	}
	var refusal fsm.Refusal
	var unavailable *engine.Unavailable
	var quorum *engine.NoQuorum
	if errors.As(err, &refusal) || errors.As(err, &unavailable) || errors.As(err, &quorum) {
		return err
	}
	return &engine.Unavailable{Why: fmt.Sprintf("the state of the backup could not be built on this node: %v", err)}
}

// discard gives everything back. It may be called twice.
func (b *aside) discard() {
	err := errors.Join(b.state.Close(), b.c.removeAside())
	b.c.arriving.clear()
	if err != nil {
		b.c.log.Warn("what a restore has left is removed by the next start", "error", err)
	}
}

// mayTake refuses a backup that this cluster cannot serve, by its header.
func (c *Cluster) mayTake(h backup.Header) error {
	if err := c.cfg.restorable(h); err != nil {
		return err
	}
	if err := c.atLevel(h.Level); err != nil {
		return err
	}
	if len(h.Archives) > 0 && c.blobs == nil {
		return &engine.Unavailable{Why: "this node has no archives"}
	}
	// The state is there three times for a moment: aside, as a snapshot, and in its place.
	s, need := c.Disk(), 3*uint64(h.StateBytes)+uint64(h.ArchiveBytes())
	if s.Size > 0 && s.Free < need+s.Full {
		return &NoRoom{Node: c.id, Free: s.Free, Need: need + s.Full}
	}
	return nil
}

// NoRoom refuses a backup that does not fit on the leader's disk.
type NoRoom struct {
	Node       string
	Free, Need uint64
}

// Error implements error.
func (e *NoRoom) Error() string {
	return fmt.Sprintf("node %s has %d bytes free, and restoring this backup needs %d for a while", e.Node, e.Free, e.Need)
}

// Code implements fsm.Refusal.
func (e *NoRoom) Code() string { return "resource_exhausted" }

// Facts implements fsm.Refusal.
func (e *NoRoom) Facts() map[string]any {
	return map[string]any{"node": e.Node, "free_bytes": e.Free, "limit": e.Need}
}

func (c *Cluster) takeArchive(ctx context.Context, d catalog.Digest, content []byte) error {
	c.arriving.add(d)
	_, err := c.blobs.Put(ctx, content)
	return err
}

// takeOurName makes sure that the state is not that of this cluster by name, which Refound
// refuses: a backup may be of the very cluster that it is restored into.
func (b *aside) takeOurName() error {
	own := ""
	b.state.View(func(v fsm.View) { own = v.ClusterID() })
	if own != b.c.clusterID() {
		return nil
	}
	return b.apply(b.header.Index+1, b.now(), &fsm.Refound{ClusterID: uuid.NewString()})
}

// join makes the state that of this cluster, as entry index of its log: the cluster's id, and its
// nodes as they are. Log time does not go back.
func (b *aside) join(index uint64) error {
	refound := []fsm.Command{&fsm.Refound{ClusterID: b.c.clusterID()}}
	level := uint64(0)
	b.state.View(func(v fsm.View) { level = v.Level() })
	at := b.now()
	b.c.state.View(func(v fsm.View) {
		at = max(at, v.Now())
		for _, n := range v.Nodes() {
			row := rows.Node{ID: n.ID, RaftAddress: n.RaftAddress, HTTPAddress: n.HTTPAddress, Version: n.Version}
			refound = append(refound, &fsm.AnnounceNode{Node: row})
			if v.Demoted(n.ID) && level >= levelOfMembership {
				refound = append(refound, &fsm.SetVote{Node: n.ID, Demoted: true})
			}
		}
		for _, id := range v.RemovedNodes() {
			refound = append(refound, &fsm.RemoveNode{ID: id, Forever: true})
		}
	})
	return b.apply(index, at, refound...)
}

func (b *aside) now() (at history.Time) {
	b.state.View(func(v fsm.View) { at = v.Now() })
	return at
}

func (b *aside) apply(index uint64, at history.Time, commands ...fsm.Command) error {
	e := fsm.Entry{At: at}
	for _, cmd := range commands {
		e.Commands = append(e.Commands, fsm.Envelope{Command: cmd})
	}
	entry, err := fsm.EncodeEntry(e)
	if err != nil {
		return err
	}
	results, err := b.state.Apply(index, entry)
	for _, r := range results {
		if r.Refusal != nil {
			err = cmp.Or(err, error(r.Refusal))
		}
	}
	if err != nil {
		return fmt.Errorf("make the state of the backup that of this cluster: %w", err)
	}
	return nil
}

// arriving are archives that no state names yet, of a backup that is being restored. The sweep
// must leave them.
type arriving struct {
	mu  sync.Mutex
	all []catalog.Digest // guarded by mu
}

func (a *arriving) add(d catalog.Digest) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, d)
}

func (a *arriving) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = nil
}

func (a *arriving) list() []catalog.Digest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.all)
}
