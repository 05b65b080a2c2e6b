package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// step is one entry being applied: its rows, and what its commands have to know of each other.
//
// Errors of the disk stick in the overlay: reads find nothing from then on, and Apply drops the
// entry.
type step struct {
	store.Overlay
	s     *State
	index uint64
	now   history.Time
	meta  rows.Meta

	place   int             // of the command being applied, in its entry
	who     *Envelope       // of the command being applied
	size    int             // its bytes
	chain   chain           // of the run that goes on from the one that closes
	rules   uint64          // of history.Rules, by which the activities that it asks for are offered
	dirty   []*row          // runs that the command changed, in order
	stale   []*row          // runs that the entry changed, in order
	turning *row            // run whose turn is being recorded
	later   []history.Data  // events that the turn gives rise to for its own run: they follow those that it asked for
	added   []history.Event // events appended to turning
	written []byte          // of the newest event; its memory is used again
	budget  uint64          // units after which commands leave the rest to a job; 0 = none does
	hops    uint64          // parents gone up to, see run_doomed.go
	owed    uint64          // work that the command will do, beyond what is counted
	telling *rows.Job       // of the command, for outcomes that it has no room for; nil = there is none

	rootOf     history.RunID     // the run that root was looked up for
	root       *history.Root     // of the tree that the run is a child in
	flaws      map[uint64]string // of the children that the turn starts, by ordinal: why their input does not fit; never ranged over
	relabelled bool              // turning has attributes that nobody else holds
	readyN     uint32            // next place in the ready index
	deployN    uint32            // next place in the deploy history
	offerN     uint32            // next place among the offers
	schedules  scheduleChanges
	pages      pages
	pins       pinChanges
	moves      versionSet // to which new starts go, or went
	settling   []catalog.Version
	canaries   []string // types whose canary the entry counted for
	counts     countChanges
	prints     printChanges
	verified   map[signed]bool // signatures that the entry has verified; nil = none
	feed       []feedLine
	spaceFeed  []feedLine // of namespaces
	used       []string   // namespaces of which what they have has changed, in order
	requests   int        // request keys remembered
	expired    []byte     // row of the command's request key, when it is too old to answer
	checked    bool       // the entry holds a Check
}

// reset makes t ready for another entry and keeps its memory.
func (t *step) reset() {
	t.Overlay.Reset()
	t.dirty, t.stale, t.feed = t.dirty[:0], t.stale[:0], t.feed[:0]
	t.turning, t.later, t.added, t.budget, t.hops = nil, nil, nil, 0, 0
	t.readyN, t.deployN, t.offerN, t.requests, t.checked = 0, 0, 0, 0, false
	t.schedules.reset()
	t.pages.reset()
	t.pins.reset()
	t.moves.reset()
	t.canaries, t.spaceFeed, t.used = t.canaries[:0], t.spaceFeed[:0], t.used[:0]
	t.counts.reset()
	t.prints.reset()
	t.verified = nil
	t.rootOf, t.root = history.RunID{}, nil
}
