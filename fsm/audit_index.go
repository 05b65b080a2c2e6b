package fsm

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// linkRuns writes down the index rows that the runs ask for.
func (c *checker) linkRuns() {
	for _, n := range c.order {
		r := n.row
		id, serial := r.Run.RunID[:], r.Serial
		c.expect(runIDKey(r.Run.RunID), u64(nil, serial))
		c.expect(typeKey(r.Run.Type, serial), nil)
		c.expect(statusKey(r.Run.Status, serial), nil)
		if r.Run.Status.Open() {
			c.onPage(statusPage(r.Run.Status, serial))
		}
		c.expect(u64(versionKey(keyByVersion, r.Run.Version), serial), nil)
		if c.latest[r.Run.WorkflowID] == serial {
			c.expectLatest(r)
		}
		if r.wantsTurn() != (r.ReadyIndex != 0) {
			c.failf("run %s: it wants a turn: %v, its place in the ready index is %d", r.Run.RunID, r.wantsTurn(), r.ReadyIndex)
		}
		if r.ReadyIndex != 0 {
			c.expect(placeKey(keyReady, r.ReadyIndex, r.ReadyN), id)
		}
		c.linkPin(r)
		c.linkTimers(n)
		c.linkChildren(n)
		c.linkFinding(r)
	}
	for _, page := range c.pages {
		c.expect(page.key(), binary.AppendUvarint(nil, c.left[page]))
	}
	for _, k := range sortedKeys(c.counts) {
		c.expect([]byte(k), encoded(c.counts[k]))
	}
}

func (c *checker) expect(k, v []byte) {
	if _, twice := c.want[string(k)]; twice {
		c.failf("two runs want row %x", k)
	}
	c.want[string(k)] = v
}

func (c *checker) onPage(p page) {
	if c.left[p]++; c.left[p] == 1 {
		c.pages = append(c.pages, p)
	}
}

func (c *checker) linkPin(r *row) {
	kind := r.pinKind()
	if kind != r.PinKind {
		c.failf("I12: run %s pins as %d, its row says %d", r.Run.RunID, kind, r.PinKind)
	}
	if kind == 0 {
		return
	}
	k := pinKey(r.Run.Version, kind, r.PinNumber)
	b := c.p.get(k)
	if len(b) != 24 || !bytes.Equal(b[:16], r.Run.RunID[:]) {
		c.failf("I12: run %s: its pin is %x", r.Run.RunID, b)
	}
	c.expect(k, b)
	c.onPage(pinPage(r.Run.Version, kind, r.PinNumber))
	count := string(versionKey(keyPinCount, r.Run.Version))
	if c.counts[count] == nil {
		c.counts[count] = new(PinCounts)
	}
	*c.counts[count].of(kind)++
}

func (c *checker) linkTimers(n *recount) {
	r, armed := n.row, uint64(0)
	if r.Job != 0 {
		n.timers = c.timersLeft(n)
	}
	for _, timer := range n.timers {
		c.expect(timerKey(timer.at, r.Serial, timer.id), r.Run.RunID[:])
		if timer.id == 0 {
			if r.Deadline != timer.at {
				c.failf("run %s: its deadline is %s, its row says %s", r.Run.RunID, timer.at, r.Deadline)
			}
			continue
		}
		armed++
		c.expect(armedKey(r.Serial, timer.id), u64(nil, uint64(timer.at)))
	}
	if armed != r.Timers {
		c.failf("run %s has %d timers armed, its row says %d", r.Run.RunID, armed, r.Timers)
	}
}

// linkChildren follows each child to the run that goes on now. A child that was given up keeps its
// line while it is open; once it has closed it is its parent's no more, also when it is reopened.
// Histories do not tell which was first, the giving up or the reopening: then the line itself does.
func (c *checker) linkChildren(n *recount) {
	if n.row.Job != 0 {
		c.linkChildrenLeft(n)
		return
	}
	open := uint64(0)
	for _, line := range n.children {
		child, reopened := c.follow(n.row, line)
		if child == nil || !child.status.Open() {
			if line.awaited {
				c.failf("run %s waits for child %d, which is closed or missing", n.row.Run.RunID, line.id)
			}
			continue
		}
		if reopened && !line.awaited && c.p.get(childKey(n.row.Serial, line.id)) == nil {
			continue
		}
		open++
		v := append(append([]byte(nil), child.row.Run.RunID[:]...), 0)
		if line.awaited {
			v[16] = 1
		}
		c.expect(childKey(n.row.Serial, line.id), v)
	}
	if open != n.row.Children {
		c.failf("run %s has %d open children, its row says %d", n.row.Run.RunID, open, n.row.Children)
	}
}

// compareIndexes: what is stored is what the runs ask for, no more and no less.
func (c *checker) compareIndexes() {
	for _, family := range []byte{keyRunID, keyLatest, keyByType, keyByStatus, keyByVersion, keyPinCount, keyPage, keyPin, keyReady, keyTimer, keyArmed, keyChild, keyTask, keyOffer, keyLine, keyAttribute, keyByParent, keyClosed} {
		c.p.scan(key(family), key(family+1), func(k, v []byte) bool {
			if family == keyPinCount && bytes.Equal(v, encoded(PinCounts{})) {
				return true // of a loaded version that nothing pins
			}
			want, ok := c.want[string(k)]
			if !ok || !bytes.Equal(v, want) {
				c.failf("row %x (%c) is %x, the histories say %x (there: %v)", k, family, v, want, ok)
			}
			delete(c.want, string(k))
			return true
		})
	}
	for _, k := range sortedKeys(c.want) {
		c.failf("row %x (%c) is missing", k, k[0])
	}
}

// checkLines: the counts of deploy records, events and nodes, and reports only of what is there.
func (c *checker) checkLines() {
	c.count("deploy records", key(keyDeploy), c.p.meta.Deploys)
	c.count("feed events", key(keyFeed), c.p.meta.Feed)
	c.count("nodes", key(keyNode), c.p.meta.Nodes)
	for _, r := range c.p.Readiness() {
		if _, loaded := c.p.catalog.Package(r.Version); !loaded || c.p.get(textKey(keyNode, r.Node)) == nil {
			c.failf("node %s reports on version %s: one of them is gone", r.Node, r.Version.Short())
		}
	}
	var unchecked error
	c.p.scan(key(keyReport), key(keyReport+1), func(k, _ []byte) bool {
		if !c.checked(readU64(k[1:])) {
			unchecked = fmt.Errorf("a digest is reported for index %d, which is no recent check", readU64(k[1:]))
		}
		return unchecked == nil
	})
	if unchecked != nil {
		c.failf("%w", unchecked)
	}
}

func (c *checker) checked(index uint64) bool {
	for _, r := range c.p.meta.Checks {
		if r.Index == index {
			return true
		}
	}
	return false
}

func (c *checker) count(what string, prefix []byte, want uint64) {
	got := uint64(0)
	c.p.scan(prefix, after(prefix), func(_, _ []byte) bool {
		got++
		return true
	})
	if got != want {
		c.failf("%d %s are stored, the count says %d", got, what, want)
	}
}
