package audit

import (
	"bytes"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// checkNamespaces: what each namespace has is what its runs say, its runs are listed, the stretches
// of foreign runs hold every one of them and none of default, and its logs are linked.
func (c *checker) checkNamespaces() {
	uses := map[string]*rows.NamespaceUse{}
	err := eachIn(c.p, rows.SpaceKey(""), func(name string, n rows.Namespace) {
		uses[name] = new(rows.NamespaceUse)
		if known, _, ok := c.p.Namespace(name); !ok || !bytes.Equal(rows.Encoded(known), rows.Encoded(n)) {
			c.failf("namespace %q is remembered as %+v, stored is %+v", name, known, n)
		}
	})
	if err != nil {
		c.failf("namespaces on disk: %w", err)
	}
	for _, n := range c.order {
		space := namespace.Of(n.row.Run.WorkflowID)
		if space == "" {
			continue
		}
		use := uses[space]
		if use == nil {
			c.failf("run %s is of namespace %q, which does not exist", n.row.Run.RunID, space)
			return
		}
		use.Runs, use.Bytes = use.Runs+1, use.Bytes+n.row.Run.Bytes
		if n.row.Run.Status.Open() {
			use.Open++
		}
		if c.p.Get(rows.AppendU64(rows.SpaceRuns(space), n.row.Serial)) == nil {
			c.failf("run %s is not listed among those of %q", n.row.Run.RunID, space)
		}
	}
	err = eachIn(c.p, rows.SpaceUseKey(""), func(name string, use rows.NamespaceUse) {
		want := uses[name]
		if want == nil || use.Runs != want.Runs || use.Open != want.Open || use.Bytes != want.Bytes {
			c.failf("namespace %q has %+v, its runs say %+v", name, use, want)
			return
		}
		c.count("runs of "+name, rows.SpaceRuns(name), use.Runs)
		c.count("events of "+name, rows.SpaceLog(name, rows.SpaceFeed), use.Feed)
		delete(uses, name)
	})
	if err != nil {
		c.failf("what namespaces have: %w", err)
	}
	for _, name := range sortedKeys(uses) {
		c.failf("namespace %q lacks the row of what it has", name)
	}
	c.checkStretches()
}

// checkStretches: every run is in a stretch if it is foreign, and in none if it is not.
func (c *checker) checkStretches() {
	foreign := map[uint64]bool{}
	all := rows.SpaceRuns("")
	last := uint64(0)
	c.p.Scan(all, rows.After(all), func(k, v []byte) bool {
		from, to := rows.U64(k[len(all):]), rows.U64(v)
		if from <= last || to < from {
			c.failf("the stretch of foreign runs from %d to %d begins before %d, or ends before it begins", from, to, last)
		}
		for serial := from; serial <= to; serial++ {
			foreign[serial] = true
		}
		last = to
		return true
	})
	for _, n := range c.order {
		if is := namespace.Of(n.row.Run.WorkflowID) != ""; is != foreign[n.row.Serial] {
			c.failf("run %d of workflow %q is in a stretch of foreign runs: %v", n.row.Serial, n.row.Run.WorkflowID, !is)
		}
	}
}

// eachIn decodes the rows behind the beginning of their keys.
func eachIn[T any](p *fsm.Inside, first []byte, f func(name string, v T)) (err error) {
	p.Scan(first, rows.After(first), func(k, b []byte) bool {
		var v T
		if err = rows.Decode(b, &v); err == nil {
			f(string(k[len(first):]), v)
		}
		return err == nil
	})
	return err
}
