package cluster

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"github.com/hashicorp/raft"
)

// replica applies raft's log to the state machine. It is the only type that knows both.
//
// It implements raft.BatchingFSM for one reason, and batching is not it: only then does raft count
// barriers and configuration entries as applied. Otherwise raft refuses a snapshot after a
// configuration change until the next command.
type replica struct {
	state *fsm.State
	fail  func(error)                               // stops the process; called once
	check func(index uint64, digest catalog.Digest) // called after a Check was applied; must not block
	// called before each entry: tests and faults make the state hang here
	stall   func()
	written func(index uint64) error // returns once the entries up to index are on this node's disk

	seen   atomic.Uint64 // raft's index of the newest entry that was handed to this replica
	worth  atomic.Uint64 // applied entries that justify the next Check
	stop   sync.Once
	failed atomic.Pointer[error]

	still    atomic.Bool // no snapshot may be taken; see holdSnapshots
	restored atomic.Bool // a leader's snapshot was installed since the log was last written; see logstore.Kept
}

var _ raft.BatchingFSM = (*replica)(nil)

// Marks travel in raft.Log.Extensions, one per entry of the committer. They control reports about
// the state, never the state.
const (
	markUpkeep = 'u' // only checks and reports: no reason for another check
	markCheck  = 'c' // holds a Check
)

// ApplyBatch implements raft.BatchingFSM. The answer to a command entry is a []fsm.Result, or the
// error that stopped this node. On a leader, whose disk may be slower than a majority's, raft hands
// entries over that are not on it yet: those wait here, unseen by everybody.
func (r *replica) ApplyBatch(logs []*raft.Log) []any {
	answers := make([]any, len(logs))
	last := logs[len(logs)-1].Index
	if err := r.written(last); err != nil {
		r.halt(fmt.Errorf("entries that were sent to other nodes cannot be written here: %w", err))
	}
	for i, l := range logs {
		if l.Type == raft.LogCommand {
			answers[i] = r.Apply(l)
		}
		r.seen.Store(l.Index)
	}
	return answers
}

// Apply implements raft.FSM.
func (r *replica) Apply(l *raft.Log) any {
	if err := r.failure(); err != nil {
		return err
	}
	r.stall()
	before := r.state.Applied()
	results, err := r.state.Apply(l.Index, l.Data)
	if err != nil {
		return r.halt(fmt.Errorf("entry %d of the log cannot be applied: %w", l.Index, err))
	}
	if l.Index <= before {
		return results // already applied before the restart
	}
	switch {
	case len(l.Extensions) == 0:
		r.worth.Add(1)
	case l.Extensions[0] == markCheck:
		r.check(r.state.Digest())
	}
	return results
}

// Snapshot implements raft.FSM.
func (r *replica) Snapshot() (raft.FSMSnapshot, error) {
	// A halted replica has skipped entries. A snapshot now would combine raft's index with a state
	// that is behind it, and raft would then cut the log.
	if err := r.failure(); err != nil {
		return nil, err
	}
	if r.still.Load() {
		return nil, errReplaced
	}
	s, err := r.state.Snapshot()
	if err != nil {
		return nil, r.halt(fmt.Errorf("a snapshot of the state cannot be taken: %w", err))
	}
	return picture{s}, nil
}

// Restore implements raft.FSM: a leader has sent a snapshot because its log no longer reaches back
// to where this node is.
func (r *replica) Restore(rc io.ReadCloser) error {
	defer rc.Close()
	if err := r.failure(); err != nil {
		return err
	}
	if err := r.state.Restore(rc); err != nil {
		return r.halt(fmt.Errorf("the snapshot sent by the leader cannot be restored: %w", err))
	}
	r.seen.Store(r.state.Applied())
	r.restored.Store(true)
	return nil
}

// halt keeps all further entries from the state and stops the process. The first error counts.
func (r *replica) halt(err error) error {
	r.stop.Do(func() {
		r.failed.Store(&err)
		r.fail(err)
	})
	return *r.failed.Load()
}

// failure returns the error that halted this replica, or nil.
func (r *replica) failure() error {
	if p := r.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// picture is a snapshot of the state that raft writes to its snapshot store.
type picture struct{ *fsm.Snapshot }

// Persist implements raft.FSMSnapshot. It flushes the state before the sink closes, so that raft
// cuts its log only below what is on disk.
func (p picture) Persist(sink raft.SnapshotSink) error {
	if _, err := p.WriteTo(sink); err != nil {
		sink.Cancel()
		return fmt.Errorf("snapshot of index %d: %w", p.Header().Index, err)
	}
	return sink.Close()
}
