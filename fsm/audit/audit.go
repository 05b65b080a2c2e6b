// Package audit recounts a state: everything in it that follows from something else.
//
// It decides whether a state is right, and says which invariant of docs/ARCHITECTURE.md is broken
// first. It tells the rules once more, from histories and rows, rather than ask the code that keeps
// them. It reads the whole state, so it is for tests, for the simulation and for whoever
// doubts a state: of the product, only backup verify imports it. It never changes anything.
//
// Begin with Check; rules.go has the rules that package fsm has, too.
package audit

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Check recounts everything that follows from something else, and returns an error naming
// the first disagreement: rows and indexes from the histories (I2, I9, I10, I12 of
// docs/ARCHITECTURE.md), the catalog from its own rules (I1, I5, I6), the request table from its
// queues (I8). It reads the whole state; tests call it after every entry, and whoever doubts a
// state may.
func Check(s *fsm.State) error {
	return s.Inspect(func(in *fsm.Inside) error {
		c := &checker{p: in, want: map[string][]byte{}, runs: map[history.RunID]*recount{}, latest: map[string]uint64{}, left: map[rows.Page]uint64{}, counts: map[string]*rows.PinCounts{}, told: map[rows.Cohort]uint64{}, shown: map[[2]uint64]bool{}}
		c.checkLevel()
		c.checkCatalog()
		c.checkChain()
		c.recountRuns()
		c.linkRuns()
		c.linkTasks()
		c.checkJobs()
		c.compareIndexes()
		c.checkRequests()
		c.checkLines()
		c.checkCounts()
		c.checkFingerprints()
		c.checkBatches()
		c.checkStops()
		c.checkQuotas()
		c.checkVersions()
		c.checkEphemerals()
		c.checkCanaries()
		c.checkTokens()
		c.checkPolicy()
		c.checkNamespaces()
		c.checkOrphans()
		c.checkSchedules()
		c.checkMemory()
		return c.err
	})
}

// checker holds what the rows of the indexes ought to be, by key.
type checker struct {
	p      *fsm.Inside
	err    error
	want   map[string][]byte
	runs   map[history.RunID]*recount
	order  []*recount        // by serial
	latest map[string]uint64 // workflow id -> serial
	pages  []rows.Page
	left   map[rows.Page]uint64
	counts map[string]*rows.PinCounts // version key ->
	told   map[rows.Cohort]uint64     // runs
	shown  map[[2]uint64]bool         // serial and seq of signals that a run took over
	lines  map[uint64]*recount        // of those who wait for the result of a run ->
}

func (c *checker) failf(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// checkLevel: the row that says since when the state is at its level, and the one that keeps older
// builds out, say the same.
func (c *checker) checkLevel() {
	var l rows.Level
	c.p.Scan(rows.Key(rows.FamilyLevel), rows.Key(rows.FamilyLevel+1), func(k, b []byte) bool {
		if !decoded(b, &l) {
			c.failf("the level's row cannot be read: %x", b)
		}
		return true
	})
	if m := c.p.Meta(); l.Level != m.Level || l.Index > m.Index {
		c.failf("the state is at level %d at index %d, its row says %+v", m.Level, m.Index, l)
	}
}

// checkCatalog: the routes point at loaded versions that carry the type, and the hot table is what
// is stored.
func (c *checker) checkCatalog() {
	if err := c.p.Catalog().Check(); err != nil {
		c.failf("I1: %w", err)
	}
	stored := catalog.New()
	err := errors.Join(
		each(c.p, rows.FamilyPackage, func(_ []byte, p catalog.Package) { stored.Put(p) }),
		each(c.p, rows.FamilyRoute, func(_ []byte, r catalog.Route) { stored.PutRoute(r) }),
	)
	if err != nil {
		c.failf("catalog on disk: %w", err)
	}
	if !slices.Equal(stored.Rows(), c.p.Catalog().Rows()) {
		c.failf("I1: routes in memory are %v, on disk %v", c.p.Catalog().Rows(), stored.Rows())
	}
	if !slices.EqualFunc(stored.Packages(), c.p.Catalog().Packages(), func(a, b *catalog.Package) bool { return bytes.Equal(rows.Encoded(a), rows.Encoded(b)) }) {
		c.failf("I6: packages in memory are not those on disk")
	}
}

// checkChain: each act of the deploy history is linked to the one before it, from the first that
// is, and the newest is the head. The oldest that is kept follows one that may be gone.
func (c *checker) checkChain() {
	var before catalog.Digest
	err := each(c.p, rows.FamilyDeploy, func(k []byte, d rows.DeployRecord) {
		place := rows.PlaceOf(k)
		switch {
		case d.Outcome != fsm.OutcomeOK:
			if d.Fresh || d.Routed || !d.Before.IsZero() || d.Chain != (catalog.Digest{}) {
				c.failf("refusal %d.%d of the deploy history is linked: %+v", place.Index, place.N, d)
			}
			return
		case d.Chain == (catalog.Digest{}) && before != d.Chain:
			c.failf("act %d.%d of the deploy history is not linked, and older ones are", place.Index, place.N)
		case before != (catalog.Digest{}) && d.Link(before) != d.Chain:
			c.failf("act %d.%d of the deploy history does not follow the one before it", place.Index, place.N)
		}
		before = d.Chain
	})
	if err != nil {
		c.failf("the deploy history: %w", err)
	}
	if head := c.p.DeployChain(); head != before {
		c.failf("the deploy history ends with the chain %s, its newest act has %s", head, before)
	}
}

// recount is one run as its history tells it.
type recount struct {
	row      *rows.RunRow
	status   history.Status
	bytes    uint64
	woken    uint64
	signals  uint64
	cancel   bool
	attrs    history.Attributes
	timers   []armedTimer
	children []rows.Child
	awaits   []pendingAwait
	heard    []heard       // of runs that it waited for
	ending   history.Data  // the newest event that closed it
	next     history.RunID // that it continues as
	retold   *retold       // nil = it was never reopened
	left     leftBehind    // when it closed
	cut      bool          // its newest turn that counts was cut
	still    history.Duration
	stopped  bool // by the newest pause

	version catalog.Version  // that it is on
	movedAt uint64           // seq of its newest WorkflowMoved
	limit   history.Duration // of the whole run
	tried   bool             // it may be tried again, or has a limit of its chain
	begins  history.Time     // when its delay is over; 0 = it has begun
	moved   []uint64         // seqs of those that do not fit

	updates map[string]rows.Update // by id

	parent *history.Parent
	origin *rows.Origin // nil = it is no copy
}

type armedTimer struct {
	id uint64
	at history.Time
}

func (c *checker) recountRuns() {
	c.p.Scan(rows.Key(rows.FamilyRun), rows.Key(rows.FamilyRun+1), func(k, b []byte) bool {
		r := new(rows.RunRow)
		if !decoded(b, r) {
			c.failf("row %x cannot be read", k)
			return false
		}
		if r.Serial != rows.U64(k[1:]) {
			c.failf("row %x has serial %d", k, r.Serial)
		}
		n := &recount{row: r}
		c.runs[r.Run.RunID] = n
		c.order = append(c.order, n)
		c.latest[r.Run.WorkflowID] = r.Serial
		return true
	})
	if n := uint64(len(c.order)); n+c.p.Meta().Purged != c.p.Meta().Serial {
		c.failf("%d runs and %d that were deleted, but the newest serial is %d", n, c.p.Meta().Purged, c.p.Meta().Serial)
	}
	for _, n := range c.order {
		c.retell(n)
		c.fold(n)
		c.foldTurns(n)
		c.checkLog(n)
		c.compareRow(n)
		c.checkUpdates(n)
	}
	for _, n := range c.order {
		c.checkOrigin(n)
	}
}

// fold reads a history from its first event.
func (c *checker) fold(n *recount) {
	run, seq := &n.row.Run, uint64(0)
	err := c.p.EachEvent(n.row.Serial, func(e history.Event, size int) bool {
		if seq++; e.Seq != seq {
			c.failf("I9: run %s: event %d stands where %d belongs", run.RunID, e.Seq, seq)
		}
		if seq > 1 && !n.status.Open() && e.Data.Type() != history.TypeWorkflowReopened {
			c.failf("I10: run %s: event %d %s comes after it closed", run.RunID, seq, e.Data.Type())
		}
		n.status, n.bytes = history.Fold(n.status, e.Data), n.bytes+uint64(size)
		if history.Wakes(e.Data) {
			n.woken = seq
		}
		n.retold.note(e)
		n.apply(e)
		n.noteUpdate(e)
		return true
	})
	if err != nil {
		c.failf("run %s: %w", run.RunID, err)
	}
	c.checkCarried(n)
	if seq != run.Events {
		c.failf("I9: run %s has %d events, its row says %d", run.RunID, seq, run.Events)
	}
}

func (n *recount) apply(e history.Event) {
	forgetTimer := func(id uint64) {
		n.timers = slices.DeleteFunc(n.timers, func(t armedTimer) bool { return t.id == id })
	}
	forgetChild := func(id uint64) {
		n.children = slices.DeleteFunc(n.children, func(l rows.Child) bool { return l.ID == id })
	}
	switch d := e.Data.(type) {
	case *history.WorkflowStarted:
		n.attrs = setAll(nil, d.Attributes)
		n.limit = d.Timeout
		if d.ChainLeft > 0 && (n.limit == 0 || d.ChainLeft < n.limit) {
			n.limit = d.ChainLeft
		}
		n.tried = d.Retry != nil || d.ChainTimeout > 0
		if d.BeginsAt != 0 {
			n.begins = d.BeginsAt
			n.timers = append(n.timers, armedTimer{0, d.BeginsAt})
		} else if n.limit > 0 {
			n.timers = append(n.timers, armedTimer{0, rows.Due(e.At, n.limit)})
		}
		n.version, n.parent = d.Version, d.Parent
	case *history.WorkflowReset:
		n.reset(e, d)
	case *history.ParentReset:
		if n.parent != nil {
			parent := *n.parent
			parent.RunID = d.RunID
			n.parent = &parent
		}
	case *history.WorkflowBegan:
		forgetTimer(0)
		n.begins = 0
		if n.limit > 0 && n.status == history.StatusPaused {
			n.still = n.limit
		} else if n.limit > 0 {
			n.timers = append(n.timers, armedTimer{0, rows.Due(e.At, n.limit)})
		}
	case *history.WorkflowMoved:
		if d.From != n.version {
			n.moved = append(n.moved, e.Seq)
		}
		n.version, n.movedAt = d.To, e.Seq
	case *history.AttributesUpdated:
		n.attrs = setAll(n.attrs, d.Attributes)
	case *history.SignalReceived:
		n.signals++
	case *history.WorkflowReopened:
		n.still, n.begins, n.next = 0, 0, history.RunID{} // its time counts anew
		n.reopen(e, d)
	case *history.CancelRequested:
		n.cancel = true
	case *history.WorkflowPaused:
		n.stopped = d.Stopped
		if n.still = d.TimeLeft; n.still > 0 {
			forgetTimer(0)
		}
	case *history.WorkflowResumed:
		if n.still > 0 {
			n.timers = append(n.timers, armedTimer{0, rows.Due(e.At, n.still)})
		}
		n.still = 0
	case *history.TimerStarted:
		forgetTimer(d.ID)
		n.timers = append(n.timers, armedTimer{d.ID, d.FireAt})
	case *history.TimerFired:
		forgetTimer(d.ID)
	case *history.TimerCancelled:
		forgetTimer(d.ID)
	case *history.ActivityScheduled:
		forgetTimer(d.ID)
	case *history.ChildWorkflowStarted:
		if n.retold != nil || n.origin != nil {
			forgetChild(d.ID) // a reopening, or a reset, has not found it open
		}
		if !d.RunID.IsZero() {
			n.children = append(n.children, rows.Child{ID: d.ID, Run: d.RunID, Awaited: true})
		}
	case *history.ChildWorkflowCompleted:
		forgetChild(d.ID)
	case *history.ChildWorkflowFailed:
		if i := slices.IndexFunc(n.children, func(l rows.Child) bool { return l.ID == d.ID }); i >= 0 && n.children[i].Awaited {
			forgetChild(d.ID)
		}
	case *history.ChildWorkflowCancelled:
		if !d.Asked {
			forgetChild(d.ID)
		} else if i := slices.IndexFunc(n.children, func(l rows.Child) bool { return l.ID == d.ID }); i >= 0 {
			n.children[i].Awaited = false // it may still be open
		}
	case *history.WorkflowContinuedAsNew, *history.WorkflowFailed, *history.WorkflowTimedOut:
		n.next = history.Next(d)
	}
	n.noteAwait(e)
	if !n.status.Open() {
		if len(n.timers)+len(n.children) > 0 {
			n.left.timers, n.left.children = n.timers, n.children
		}
		n.timers, n.children = nil, nil
	}
}

// foldTurns: turns are numbered without gaps and each saw more than the one before.
func (c *checker) foldTurns(n *recount) {
	var last history.Turn
	turns := c.p.Turns(n.row.Run.RunID, 0, int(n.row.Run.Turns)+1)
	for _, turn := range turns {
		if turn.N != last.N+1 || turn.Through < last.Through || turn.Through == last.Through && !last.Cut || turn.FirstSeq <= turn.Through || turn.FirstSeq+turn.Count > n.row.Run.Events+1 {
			c.failf("run %s: turn %+v cannot follow turn %+v in a history of %d events", n.row.Run.RunID, turn, last, n.row.Run.Events)
		}
		if last = turn; n.retold == nil || !n.retold.void[turn.N] {
			n.cut = turn.Cut
		}
	}
	if n.row.Run.Turns <= maxRows && (last.N != n.row.Run.Turns || n.seen(turns) != n.row.Run.Through) {
		c.failf("run %s: the newest turn is %+v and saw %d, its row says %d through %d", n.row.Run.RunID, last, n.seen(turns), n.row.Run.Turns, n.row.Run.Through)
	}
}

// compareRow: the row says what the history says.
func (c *checker) compareRow(n *recount) {
	r := n.row
	say := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			c.failf("run %s: its row has %s %v, its history %v", r.Run.RunID, what, got, want)
		}
	}
	say("status", r.Run.Status, n.status)
	say("bytes", r.Run.Bytes, n.bytes)
	say("version", r.Run.Version, n.version)
	say("move", r.Run.Moved, n.movedAt)
	if len(n.moved) > 0 {
		c.failf("run %s: events %v move it from a version that it was not on", r.Run.RunID, n.moved)
	}
	say("parent", r.Run.Parent, n.parent)
	say("origin", r.Run.Origin, n.origin)
	say("woken", r.Woken, n.woken)
	say("signals", r.Signals, n.signals)
	say("updates", r.Updates, uint64(len(n.updates)))
	say("cancel asked", r.Run.CancelAsked, n.cancel)
	say("stopped", r.Run.Stopped, n.stopped && n.status == history.StatusPaused)
	say("time left", r.TimeLeft, map[bool]history.Duration{true: n.still}[n.status.Open()])
	say("begins at", r.Run.BeginsAt, map[bool]history.Time{true: n.begins}[n.status.Open()])
	say("to be tried again", r.Tried, n.tried)
	say("cut", r.Run.Cut, n.status.Open() && n.cut)
	say("closed at", r.Run.ClosedAt != 0, !n.status.Open())
	if len(r.Run.Attributes)+len(n.attrs) > 0 {
		say("attributes", r.Run.Attributes, n.attrs)
	}
	if _, loaded := c.p.Catalog().Package(r.Run.Version); n.status.Open() && !loaded {
		c.failf("I2: run %s is open, its version %s is not loaded", r.Run.RunID, r.Run.Version.Short())
	}
}
