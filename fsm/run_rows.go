package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// run returns the row of a run, nil when there is none.
func (t *step) run(id history.RunID) *row {
	if r := t.s.rows.get(id); r != nil {
		return r
	}
	b := t.Get(rows.RunIDKey(id))
	if b == nil {
		return nil
	}
	r := new(row)
	if !t.Read(rows.RunKey(rows.U64(b)), &r.RunRow) {
		return nil
	}
	r.printed = r.printedNow()
	t.s.rows.add(r)
	return r
}

// latest returns the newest run of a workflow id, nil when there is none.
func (t *step) latest(workflowID string) *row {
	b := t.Get(rows.TextKey(rows.FamilyLatest, workflowID))
	if b == nil {
		return nil
	}
	return t.run(history.RunID(b))
}

// resolve returns the run that ref addresses, or why there is none.
func (t *step) resolve(ref RunRef) (*row, Refusal) {
	var r *row
	if ref.RunID.IsZero() {
		r = t.latest(ref.WorkflowID)
	} else if r = t.run(ref.RunID); r != nil && ref.WorkflowID != "" && r.Run.WorkflowID != ref.WorkflowID {
		r = nil
	}
	if r == nil || !t.who.Only.HasType(r.Run.Type) {
		return nil, &NotFound{WorkflowID: ref.WorkflowID, RunID: ref.RunID}
	}
	return r, nil
}

// open is resolve for commands that need the run to be open.
func (t *step) open(ref RunRef) (*row, Refusal) {
	r, refusal := t.resolve(ref)
	if refusal == nil && !r.Run.Status.Open() {
		return nil, &NotRunning{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Status: r.Run.Status}
	}
	if refusal == nil {
		refusal = t.ends(r)
	}
	if refusal != nil {
		return nil, refusal
	}
	return r, nil
}

// birth is what a new run starts with.
type birth struct {
	workflowID string
	runID      history.RunID
	version    catalog.Version
	member     *catalog.Member
	input      history.Payload
	attributes history.Attributes
	timeout    history.Duration // as the starter gave it; 0 = the member's
	parent     *history.Parent
	from       history.RunID // the run that it continues; zero = none
	schedule   string        // id of the schedule that it is a run of
	fired      history.Time  // for which that fired; 0 = not noted
	attempt    uint64
	first      history.RunID    // with which the chain of from began; zero = not known
	root       *history.Root    // of the tree that it is a child in; nil = not noted
	delay      history.Duration // after which it begins; 0 = at once
	chain      chain            // what it has of runs that go on from each other
	depth      uint64           // below that root
}

// start makes a run and appends its first event. The caller has checked that run id and workflow id
// are free.
func (t *step) start(b birth) *row {
	t.meta.Serial++
	timeout := b.timeout
	if timeout == 0 {
		timeout = history.Duration(b.member.Timeout)
	}
	r := &row{RunRow: rows.RunRow{
		Run: rows.Run{
			WorkflowID: b.workflowID, RunID: b.runID, Type: b.member.Type, Version: b.version, StartedAt: t.now, Parent: b.parent,
			StartIndex: t.index, Schedule: b.schedule,
		},
		Serial: t.meta.Serial, Attempt: b.attempt, Timeout: b.timeout, Continued: !b.from.IsZero(), Depth: b.depth, Tried: b.chain.some(),
	}}
	t.enrol(r)
	t.label(r, setAll(nil, b.attributes))
	if b.delay > 0 {
		r.Run.BeginsAt = rows.Due(t.now, b.delay)
	}
	t.append(r, &history.WorkflowStarted{
		WorkflowID: b.workflowID, RunID: b.runID, WorkflowType: b.member.Type, Version: b.version, Input: b.input, Attributes: b.attributes,
		Timeout: timeout, Parent: b.parent, ContinuedFrom: b.from, Attempt: b.attempt, Schedule: b.schedule, First: b.first, Root: b.root,
		BeginsAt: r.Run.BeginsAt, Retry: b.chain.retry, Try: b.chain.try, Backoff: b.chain.backoff, ChainTimeout: b.chain.timeout, ChainLeft: b.chain.left,
		FireTime: b.fired,
	})
	timeout = least(timeout, b.chain.left)
	if r.Run.BeginsAt != 0 {
		r.Deadline = r.Run.BeginsAt
		t.armDeadline(r)
	} else if timeout > 0 {
		r.Deadline = rows.Due(t.now, timeout)
		t.armDeadline(r)
	}
	t.countStarted(r)
	t.holdBack(r)
	return r
}

// enrol makes a new run known: by its ids, its type, its version and its parent.
func (t *step) enrol(r *row) {
	t.s.rows.add(r)
	t.Put(rows.RunIDKey(r.Run.RunID), rows.AppendU64(nil, r.Serial))
	t.Put(rows.TextKey(rows.FamilyLatest, r.Run.WorkflowID), r.Run.RunID[:])
	t.Put(rows.TypeKey(r.Run.Type, r.Serial), nil)
	t.Put(rows.AppendU64(rows.VersionKey(rows.FamilyByVersion, r.Run.Version), r.Serial), nil)
	t.enter(r)
	t.listByParent(r)
}

// append adds an event to a run's history and to what follows from it alone: the row. The indexes
// follow in project.
func (t *step) append(r *row, data history.Data) {
	e := history.Event{Seq: r.Run.Events + 1, At: t.now, Data: data}
	b, err := history.AppendEvent(t.written[:0], e)
	if err != nil {
		panic(err) // data is a type of package history
	}
	t.Put(rows.EventKey(r.Serial, e.Seq), b)
	t.written = b
	r.Run.Events = e.Seq
	r.Run.Bytes += uint64(len(b))
	r.added = append(r.added, line{e, len(b), t.place})
	was := r.Run.Status
	r.Run.Status = history.Fold(r.Run.Status, data)
	t.grew(r, uint64(len(b)), was, r.Run.Status)
	if was.Open() != r.Run.Status.Open() {
		t.s.countOpen(r.Run.Type, map[bool]uint64{true: 1, false: ^uint64(0)}[r.Run.Status.Open()])
	}
	if history.Wakes(data) {
		r.Woken = e.Seq
	}
	if data.Type() == history.TypeSignalReceived {
		r.Signals++
	}
	if r == t.turning {
		t.added = append(t.added, e)
	}
	t.touch(r)
}

// deliver appends an event that comes from elsewhere. To the run whose turn is being recorded it
// comes after what the turn asked for.
func (t *step) deliver(r *row, data history.Data) {
	if r == t.turning {
		t.later = append(t.later, data)
	} else {
		t.append(r, data)
	}
}

// touch notes that r has changed.
func (t *step) touch(r *row) {
	if !r.dirty {
		r.dirty = true
		t.dirty = append(t.dirty, r)
	}
	if !r.stale {
		r.stale = true
		t.stale = append(t.stale, r)
	}
}

// project brings the indexes into line with r, after a command that changed it.
func (t *step) project(r *row) {
	r.dirty = false
	t.projectPin(r)
	t.projectFingerprint(r)
	t.projectReady(r)
	t.projectStatus(r)
	t.projectClosed(r)
}

// store writes r's row at the end of the entry. Closed runs leave the cache: few commands name
// them.
func (t *step) store(r *row) {
	r.stale = false
	t.PutRow(rows.RunKey(r.Serial), &r.RunRow)
	if !r.Run.Status.Open() {
		t.s.rows.remove(r)
	}
}
