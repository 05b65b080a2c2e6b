package sim

import (
	"bytes"

	"aion.dev/aion/fsm"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// node is one replica.
type node struct {
	w       *World
	index   int
	fs      *vfs.MemFS
	state   *fsm.State // nil while the node is down
	term    uint64     // the newest term that it has heard of
	leader  int        // of that term
	pending []*call    // what it would propose next if it led
}

func (n *node) open() {
	s, err := fsm.Open(fsm.Config{Dir: "state", FS: n.fs, CacheBytes: 256 << 10, Keep: kept})
	if err != nil {
		n.w.failf("node %d does not open: %v", n.index, err)
	}
	n.state = s
	if got, flushed := s.Applied(), s.Flushed(); got != flushed {
		n.w.failf("node %d opens at index %d and says that %d is on its disk", n.index, got, flushed)
	}
	n.checkDigest()
}

// checkDigest compares the node's digest with those of others at the same index.
func (n *node) checkDigest() {
	index, digest := n.state.Digest()
	if index == 0 {
		return
	}
	e := &n.w.log[index-1]
	if !e.seen {
		e.seen, e.digest = true, digest
	} else if e.digest != digest {
		n.w.failf("node %d has digest %s at index %d, others have %s", n.index, digest, index, e.digest)
	}
}

// leads reports whether the node believes that it leads: a deposed leader may not know yet.
func (n *node) leads() bool { return n.state != nil && n.leader == n.index }

// apply applies the next entry, or installs the snapshot if the log does not reach back that far.
// It reports whether there was anything to do.
func (n *node) apply() bool {
	if n.state == nil {
		return false
	}
	next := n.state.Applied() + 1
	if next > uint64(len(n.w.log)) {
		return false
	}
	if next <= n.w.cut {
		n.install()
		return true
	}
	e := &n.w.log[next-1]
	results, err := n.state.Apply(next, e.bytes)
	if err != nil {
		n.w.failf("node %d cannot apply entry %d: %v", n.index, next, err)
	}
	n.w.stats.Applied++
	n.w.stats.Commands += len(results)
	n.checkDigest()
	n.w.applied(n, next, e, results)
	return true
}

func (n *node) install() {
	for _, e := range n.w.log[n.state.Applied():n.w.cut] {
		if e.from == n.index {
			for _, c := range e.calls { // a snapshot does not contain their outcomes
				c.lost()
			}
		}
	}
	if err := n.state.Restore(bytes.NewReader(n.w.snapshot)); err != nil {
		n.w.failf("node %d cannot install the snapshot at index %d: %v", n.index, n.w.cut, err)
	}
	n.w.stats.Installs++
	n.checkDigest()
	n.w.audit(n) // digests cover what an entry changes, but not what a snapshot omits
}

// crash cuts the node's power. What it had proposed may still be committed, and its callers do not
// know.
func (n *node) crash() bool {
	if n.state == nil {
		return false
	}
	after := n.fs.CrashClone(vfs.CrashCloneCfg{})
	if err := n.state.Close(); err != nil {
		n.w.failf("node %d: close: %v", n.index, err)
	}
	n.state, n.fs, n.leader = nil, after, -1
	for _, c := range n.pending {
		c.lost()
	}
	n.pending = nil
	n.w.forsake(n.index)
	n.w.stats.Crashes++
	return true
}

func (n *node) start() bool {
	if n.state != nil {
		return false
	}
	n.open()
	return true
}

// snap writes a snapshot and cuts the log before it.
func (n *node) snap() bool {
	if n.state == nil || n.state.Applied() <= n.w.cut {
		return false
	}
	snapshot, err := n.state.Snapshot()
	if err != nil {
		n.w.failf("node %d: %v", n.index, err)
	}
	defer snapshot.Release()
	var b bytes.Buffer
	if _, err := snapshot.WriteTo(&b); err != nil {
		n.w.failf("node %d: %v", n.index, err)
	}
	h := snapshot.Header()
	if index, digest := n.state.Digest(); h.Index != index || h.Digest != digest {
		n.w.failf("node %d stands at index %d, digest %s; its snapshot says %d, %s", n.index, index, digest, h.Index, h.Digest)
	}
	n.w.cut, n.w.snapshot = h.Index, b.Bytes()
	n.w.stats.Snapshots++
	return true
}

func (n *node) close() {
	if n.state != nil {
		n.state.Close() // the world is over, and nothing reads it again
		n.state = nil
	}
}
