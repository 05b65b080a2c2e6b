package audit

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"aion.dev/aion/fsm/rows"
)

// linkRuns writes down the index rows that the runs ask for.
func (c *checker) linkRuns() {
	c.linkLines()
	for _, n := range c.order {
		r := n.row
		id, serial := r.Run.RunID[:], r.Serial
		c.expect(rows.RunIDKey(r.Run.RunID), rows.AppendU64(nil, serial))
		c.expect(rows.TypeKey(r.Run.Type, serial), nil)
		c.expect(rows.StatusKey(r.Run.Status, serial), nil)
		if r.Run.Status.Open() {
			c.onPage(rows.StatusPage(r.Run.Status, serial))
		}
		c.expect(rows.AppendU64(rows.VersionKey(rows.FamilyByVersion, r.Run.Version), serial), nil)
		if c.latest[r.Run.WorkflowID] == serial {
			c.expectLatest(r)
		}
		if wantsTurn(r) != (r.ReadyIndex != 0) {
			c.failf("run %s: it wants a turn: %v, its place in the ready index is %d", r.Run.RunID, wantsTurn(r), r.ReadyIndex)
		}
		if r.ReadyIndex != 0 {
			c.expect(rows.PlaceKey(rows.FamilyReady, r.ReadyIndex, r.ReadyN), id)
		}
		c.linkPin(r)
		c.linkTimers(n)
		c.linkChildren(n)
		c.linkAwaits(n)
		c.linkFinding(r)
	}
	if c.p.Get(rows.OrderedDone()) != nil {
		c.expect(rows.OrderedDone(), c.p.OrderedDone().Encode())
	}
	for _, page := range c.pages {
		c.expect(page.Key(), binary.AppendUvarint(nil, c.left[page]))
	}
	for _, k := range sortedKeys(c.counts) {
		c.expect([]byte(k), rows.Encoded(c.counts[k]))
	}
}

func (c *checker) expect(k, v []byte) {
	if _, twice := c.want[string(k)]; twice {
		c.failf("two runs want row %x", k)
	}
	c.want[string(k)] = v
}

func (c *checker) onPage(p rows.Page) {
	if c.left[p]++; c.left[p] == 1 {
		c.pages = append(c.pages, p)
	}
}

func (c *checker) linkPin(r *rows.RunRow) {
	kind := pinKind(r)
	if kind != r.PinKind {
		c.failf("I12: run %s pins as %d, its row says %d", r.Run.RunID, kind, r.PinKind)
	}
	if kind == 0 {
		return
	}
	k := rows.PinKey(r.Run.Version, kind, r.PinNumber)
	b := c.p.Get(k)
	if len(b) != 24 || !bytes.Equal(b[:16], r.Run.RunID[:]) {
		c.failf("I12: run %s: its pin is %x", r.Run.RunID, b)
	}
	c.expect(k, b)
	c.onPage(rows.PinPage(r.Run.Version, kind, r.PinNumber))
	count := string(rows.VersionKey(rows.FamilyPinCount, r.Run.Version))
	if c.counts[count] == nil {
		c.counts[count] = new(rows.PinCounts)
	}
	*c.counts[count].Of(kind)++
}

func (c *checker) linkTimers(n *recount) {
	r, armed := n.row, uint64(0)
	if r.Job != 0 {
		n.timers = c.timersLeft(n)
	}
	for _, timer := range n.timers {
		c.expect(rows.TimerKey(timer.at, r.Serial, timer.id), r.Run.RunID[:])
		if timer.id == 0 {
			if r.Deadline != timer.at {
				c.failf("run %s: its deadline is %s, its row says %s", r.Run.RunID, timer.at, r.Deadline)
			}
			continue
		}
		armed++
		c.expect(rows.ArmedKey(r.Serial, timer.id), rows.AppendU64(nil, uint64(timer.at)))
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
			if line.Awaited {
				c.failf("run %s waits for child %d, which is closed or missing", n.row.Run.RunID, line.ID)
			}
			continue
		}
		if (reopened || n.origin != nil) && !line.Awaited && c.p.Get(rows.ChildKey(n.row.Serial, line.ID)) == nil {
			continue
		}
		open++
		v := append(append([]byte(nil), child.row.Run.RunID[:]...), 0)
		if line.Awaited {
			v[16] = 1
		}
		c.expect(rows.ChildKey(n.row.Serial, line.ID), v)
	}
	if open != n.row.Children {
		c.failf("run %s has %d open children, its row says %d", n.row.Run.RunID, open, n.row.Children)
	}
}

// compareIndexes: what is stored is what the runs ask for, no more and no less.
func (c *checker) compareIndexes() {
	for _, family := range []byte{rows.FamilyRunID, rows.FamilyLatest, rows.FamilyByType, rows.FamilyByStatus, rows.FamilyByVersion, rows.FamilyPinCount, rows.FamilyPage, rows.FamilyPin, rows.FamilyReady, rows.FamilyTimer, rows.FamilyArmed, rows.FamilyChild, rows.FamilyAwait, rows.FamilyTask, rows.FamilyOffer, rows.FamilyLine, rows.FamilyAttribute, rows.FamilyOrdered, rows.FamilyByParent, rows.FamilyClosed} {
		c.p.Scan(rows.Key(family), rows.Key(family+1), func(k, v []byte) bool {
			if family == rows.FamilyPinCount && bytes.Equal(v, rows.Encoded(rows.PinCounts{})) {
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
	c.count("deploy records", rows.Key(rows.FamilyDeploy), c.p.Meta().Deploys)
	c.count("feed events", rows.Key(rows.FamilyFeed), c.p.Meta().Feed)
	c.count("nodes", rows.Key(rows.FamilyNode), c.p.Meta().Nodes)
	nodes := c.p.Nodes() // from memory
	c.p.Scan(rows.Key(rows.FamilyNode), rows.Key(rows.FamilyNode+1), func(_, v []byte) bool {
		if len(nodes) == 0 || !bytes.Equal(v, rows.Encoded(nodes[0])) {
			c.failf("the node table in memory is %+v where the row is %x", nodes, v)
			return false
		}
		nodes = nodes[1:]
		return true
	})
	for _, r := range c.p.Readiness() {
		if _, loaded := c.p.Catalog().Package(r.Version); !loaded || c.p.Get(rows.TextKey(rows.FamilyNode, r.Node)) == nil {
			c.failf("node %s reports on version %s: one of them is gone", r.Node, r.Version.Short())
		}
	}
	var unchecked error
	c.p.Scan(rows.Key(rows.FamilyReport), rows.Key(rows.FamilyReport+1), func(k, _ []byte) bool {
		if !c.checked(rows.U64(k[1:])) {
			unchecked = fmt.Errorf("a digest is reported for index %d, which is no recent check", rows.U64(k[1:]))
		}
		return unchecked == nil
	})
	if unchecked != nil {
		c.failf("%w", unchecked)
	}
}

func (c *checker) checked(index uint64) bool {
	for _, r := range c.p.Meta().Checks {
		if r.Index == index {
			return true
		}
	}
	return false
}

func (c *checker) count(what string, prefix []byte, want uint64) {
	got := uint64(0)
	c.p.Scan(prefix, rows.After(prefix), func(_, _ []byte) bool {
		got++
		return true
	})
	if got != want {
		c.failf("%d %s are stored, the count says %d", got, what, want)
	}
}
