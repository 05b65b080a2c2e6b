package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// A backup is restored into a running, empty cluster in three steps, on the leader.
//
//  1. Its state is built aside, and its archives are given to a majority. Nothing has changed yet.
//  2. The leader becomes the only voter. Raft's own restore lets a leader adopt a state before
//     anybody else has it: a leader that lost its place then would keep a state that no log leads
//     to. An only voter is the majority, so what is on its disk is committed.
//  3. Between two terms, when nothing can be proposed, it looks whether the cluster is empty, and
//     if so replaces the state. The others get it as a snapshot, and vote again once they have it
//     and its archives.
//
// The cluster keeps its id, its nodes and its voters. A crash at any moment leaves either state,
// whole: see catchUpFromSnapshot.

// RestoredInto is what RestoreInto made.
type RestoredInto struct {
	Header  backup.Header
	Cluster string   // id of the cluster, which it keeps
	Index   uint64   // of the state
	Digest  string   // of the state
	Voters  []string // that have the state
	Waits   []string // voters from before that have not taken the state yet; they vote again once they have
}

// errReplaced is why no snapshot is taken while the state is replaced.
var errReplaced = errors.New("the state is being replaced by that of a backup")

// RestoreInto replaces the state of this cluster, which must be empty, by that of a backup, on the
// leader. It returns once a majority of the voters has it. Once the state is replaced, the end of
// ctx no longer takes it back; the error is an *engine.Unknown then.
func (c *Cluster) RestoreInto(ctx context.Context, file io.Reader) (r RestoredInto, err error) {
	if err := c.closedError(); err != nil {
		return r, err
	}
	select {
	case c.restore <- struct{}{}:
		defer c.restore.Unlock()
	default:
		return r, &engine.Unavailable{Why: "another backup is being restored"}
	}
	t, err := c.term(ctx)
	if err != nil {
		return r, err
	}
	if err := c.requireEmptyNow(); err != nil { // before gigabytes are read in vain
		return r, err
	}
	b, err := c.buildAside(ctx, file)
	if err != nil {
		return r, err
	}
	defer b.discard()
	if err := c.members.LockWithin(ctx); err != nil {
		return r, tooLate(ctx, "another change of the members was under way")
	}
	voters, err := c.voteAlone(ctx)
	if err == nil {
		err = c.holdSnapshots(ctx, func() error {
			return c.betweenTerms(ctx, func() error { return c.takeOver(ctx, t.number, b) })
		})
	}
	c.members.Unlock()
	if err != nil {
		return r, err
	}
	index, digest := b.state.Digest()
	r = RestoredInto{Header: b.header, Cluster: c.clusterID(), Index: index, Digest: digest.String()}
	c.log.Warn("the state of this cluster was replaced by that of a backup", "backup", r.Header.ID, "of_cluster", r.Header.ClusterID, "of_index", r.Header.Index, "index", index)
	r.Voters, r.Waits, err = c.awaitVoters(ctx, voters)
	return r, err
}

func (c *Cluster) requireEmptyNow() (err error) {
	c.state.View(func(v fsm.View) { err = requireEmpty(v) })
	return err
}

// voteAlone makes this node, which leads, the only voter, and returns the voters that there were.
// All of them must answer: each makes room for the next. Those that lose their vote get it back
// from keepMembers as soon as they are up to date, whatever becomes of the restore, and under
// another leader too. The caller holds c.members.
func (c *Cluster) voteAlone(ctx context.Context) (voters []string, err error) {
	r := c.raft.Load()
	var servers []raft.Server // of its own: raft shares its configuration with all who ask for it
	for _, s := range r.GetConfiguration().Configuration().Servers {
		if s.Suffrage == raft.Voter {
			servers = append(servers, s)
		}
	}
	_, silent := c.askAll(ctx, servers)
	for _, s := range servers {
		if why, is := silent[string(s.ID)]; is {
			if u, is := errors.AsType[*engine.Unknown](why); is {
				why = u.Cause // a question that went unanswered has changed nothing
			}
			return nil, &engine.Unavailable{Why: fmt.Sprintf("voter %s does not answer (%v), and a restore needs all of them: bring it back, or remove it", s.ID, why)}
		}
		voters = append(voters, string(s.ID))
	}
	for _, id := range voters {
		if id == c.id {
			continue
		}
		c.moved[id] = true // so that it does not wait for PromoteAfter
		if err := c.applyChange(ctx, r, change{demote: id}); err != nil {
			return nil, &engine.Unavailable{Why: fmt.Sprintf("voter %s could not make room for the restore: %v", id, err)}
		}
	}
	return voters, nil
}

// holdSnapshots calls f while raft takes no snapshot. One that was begun before the state is
// replaced, and is written after it, would make raft take the old index for the newest, and send
// the state to the others again and again.
func (c *Cluster) holdSnapshots(ctx context.Context, f func() error) error {
	c.replica.still.Store(true)
	defer c.replica.still.Store(false)
	idle := make(chan error, 1)
	if !c.startTracked(func() { idle <- c.raft.Load().Snapshot().Error() }) { // refused, after the one under way
		return c.closedError()
	}
	select {
	case <-idle:
		return f()
	case <-ctx.Done():
		return tooLate(ctx, "a snapshot was being written")
	}
}

// takeOver replaces the state by the one aside, in an interlude. Errors mean that nothing has
// happened, except *engine.Unknown.
func (c *Cluster) takeOver(ctx context.Context, number uint64, b *aside) error {
	if err := c.closedError(); err != nil {
		return err
	}
	r := c.raft.Load()
	if r.State() != raft.Leader || r.CurrentTerm() != number {
		return c.notLeader()
	}
	if v := c.voters(); len(v) != 1 || v[0] != c.id {
		return &engine.Unavailable{Why: fmt.Sprintf("the voters are %v, and not this node alone", v)}
	}
	if !c.catchUp(ctx, r, number) {
		return tooLate(ctx, "the leader was catching up with its log")
	}
	// Everything proposed so far is applied, and nothing can be proposed until this returns.
	if err := c.requireEmptyNow(); err != nil {
		return err
	}
	index := max(b.state.Applied(), r.LastIndex()) + barriersMeanwhile
	if err := b.join(index); err != nil {
		return err
	}
	return c.adopt(ctx, r, number, index, b)
}

// barriersMeanwhile is how many entries of raft's own, for readers, may come between the choice of
// an index and the restore.
const barriersMeanwhile = 1 << 10

// adopt makes the state aside that of entry index, by raft's restore.
func (c *Cluster) adopt(ctx context.Context, r *raft.Raft, number, index uint64, b *aside) error {
	s, err := b.state.Snapshot()
	if err != nil {
		return err
	}
	defer s.Release()
	size, err := s.Size()
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return tooLate(ctx, "the state was about to be replaced")
	}
	from, to := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, err := s.WriteTo(to)
		to.CloseWithError(err)
	}()
	read := &firstLook{r: from, look: func() error {
		if r.CurrentTerm() != number || r.LastIndex() >= index {
			return &engine.Unavailable{Why: "another term began while the state was about to be replaced"}
		}
		return nil
	}}
	// Raft takes the index after the one that it is told, which no entry of its log may have.
	err = r.Restore(&raft.SnapshotMeta{Version: raft.SnapshotVersionMax, Index: index - 1, Term: number, Size: size}, read, 0)
	from.Close()
	<-written
	switch {
	case err == nil:
		return nil
	case read.refused != nil:
		return read.refused
	case !read.whole: // raft cancels a snapshot that it has not whole
		if e := proposeError(err, c.leaderElsewhere()); !errors.As(e, new(*engine.Unknown)) {
			return e
		}
		return &engine.Unavailable{Why: fmt.Sprintf("the state could not be written as a snapshot: %v", err)}
	case c.state.Applied() < index:
		// The snapshot may be on disk all the same, and a later start would restore it.
		c.fail(fmt.Errorf("a restored state is not known to be on disk: %w", err))
	}
	return &engine.Unknown{Cause: err}
}

// firstLook is a reader that looks whether it may be read before it is. Raft reads it on its main
// loop, where nothing else can happen in between.
type firstLook struct {
	r       io.Reader
	look    func() error // nil once it was called
	refused error
	whole   bool // it was read to its end
}

// Read implements io.Reader.
func (f *firstLook) Read(b []byte) (int, error) {
	if f.look != nil {
		f.refused, f.look = f.look(), nil
	}
	if f.refused != nil {
		return 0, f.refused
	}
	n, err := f.r.Read(b)
	f.whole = f.whole || err == io.EOF
	return n, err
}

// awaitVoters waits until a majority of the voters that there were votes again, and for the others
// a moment longer.
func (c *Cluster) awaitVoters(ctx context.Context, before []string) (voters, waits []string, err error) {
	until := time.Time{} // once a majority votes
	for {
		now := c.voters()
		voters, waits = nil, nil
		for _, id := range before {
			if slices.Contains(now, id) {
				voters = append(voters, id)
			} else {
				waits = append(waits, id)
			}
		}
		most := 2*len(voters) > len(before)
		if most && until.IsZero() {
			until = time.Now().Add(lateVoters)
		}
		switch {
		case len(waits) == 0, most && time.Now().After(until):
			return voters, waits, nil
		case ctx.Err() != nil && most:
			return voters, waits, nil
		case ctx.Err() != nil, c.closedError() != nil:
			return nil, nil, &engine.Unknown{Cause: fmt.Errorf("the state is replaced, and the call ended while only %v had it, not yet %v", voters, waits)}
		}
		lifecycle.Pause(ctx, retryEvery)
	}
}

// lateVoters is how long a restore waits for the voters beyond a majority.
const lateVoters = 10 * time.Second
