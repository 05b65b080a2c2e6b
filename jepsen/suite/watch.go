package suite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/nodes"
)

// watch polls every node, past the links, several times a second, and reads its log at the end. It
// checks what must hold whatever the workload: one leader in a term, equal digests at equal
// indexes, applied indexes that never go backwards while a process lives, no panic, no excessive
// growth of descriptors.
type watch struct {
	c    *nodes.Cluster
	stop context.CancelFunc
	all  sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	leaders map[uint64]string
	digests map[uint64]digest
	found   []load.Violation
	looks   int
}

type digest struct{ value, node string }

// A node stops, as it should, when its log returns other bytes than it was given: with a wrong
// checksum, or an impossible length. Raft reports that by a panic. If no fault damaged its disk, it
// is still a violation that the node ended by itself.
const spoilt = "panic: raft store, read entry: "

// panicked reports whether a line of a node's log is a panic that no fault caused. The database
// panics when its files fail, as a node must: if internal/faults caused the failure (its errors
// contain "fault: "), the panic is the fault's.
func panicked(line string) bool {
	switch {
	case strings.HasPrefix(line, spoilt), strings.HasPrefix(line, "panic: state on disk: ") && strings.Contains(line, ": fault: "):
		return false
	}
	return strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") || strings.Contains(line, "DATA RACE") || strings.Contains(line, "a handler panicked")
}

// maxDescriptors is more than any node under these loads has open unless it leaks. A flood leaves
// up to 1,500 calls unanswered, each with a connection to its node and one from there to the
// leader. A node that was frozen also accepts those that callers have given up on.
const maxDescriptors = 4000

func watchCluster(ctx context.Context, c *nodes.Cluster) *watch {
	w := &watch{c: c, leaders: map[uint64]string{}, digests: map[uint64]digest{}}
	ctx, w.stop = context.WithCancel(ctx)
	for _, n := range c.Nodes() {
		w.all.Go(func() { w.follow(ctx, n) })
	}
	return w
}

func (w *watch) follow(ctx context.Context, n *nodes.Node) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	var applied uint64
	starts := 0
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		before := n.Starts()
		call, cancel := context.WithTimeout(ctx, 3*time.Second)
		s, err := n.Status(call)
		cancel()
		if err != nil || n.Starts() != before {
			continue
		}
		if starts != before {
			starts, applied = before, 0
		}
		w.mu.Lock()
		w.looks++
		if s.AppliedIndex < applied {
			w.foundf("applied", "%s had applied %d and then %d", n.Name, applied, s.AppliedIndex)
		}
		applied = s.AppliedIndex
		if s.Leader == n.ID() && s.Term > 0 {
			if other := w.leaders[s.Term]; other != "" && other != n.Name {
				w.foundf("leaders", "%s and %s both lead in term %d", other, n.Name, s.Term)
			}
			w.leaders[s.Term] = n.Name
		}
		w.compare(n, s)
		if open := descriptors(n.Pid()); open > maxDescriptors {
			w.foundf("descriptors", "%s has %d descriptors open", n.Name, open)
		}
		w.mu.Unlock()
	}
}

// foundf records a violation; each kind is reported once. The caller holds mu.
func (w *watch) foundf(checker, format string, args ...any) {
	for _, v := range w.found {
		if v.Checker == checker {
			return
		}
	}
	w.found = append(w.found, load.Violation{Checker: checker, What: fmt.Sprintf(format, args...)})
}

// end stops polling and returns the violations.
func (w *watch) end() []load.Violation {
	w.agree()
	w.held()
	w.stop()
	w.all.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range append(w.c.Strangers(), w.c.Nodes()...) {
		b, err := os.ReadFile(n.LogFile())
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if panicked(line) {
				w.foundf("panic", "%s: %s", n.Name, strings.TrimSpace(line))
			}
		}
	}
	return w.found
}

func descriptors(pid int) int {
	if pid == 0 {
		return 0
	}
	entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "fd"))
	if err != nil {
		return 0
	}
	return len(entries)
}
