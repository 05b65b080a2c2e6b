package sim

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// run is a run as its history must show it.
type run struct {
	id                history.RunID
	workflowID, typ   string
	input             history.Payload
	version           catalog.Version
	status            history.Status
	parent            history.RunID // zero = none
	under             string        // workflow id of the parent
	judged            bool          // counted as failed by a canary when it was quarantined
	ordinal           uint64        // in the parent
	onClose           history.ClosePolicy
	continued         bool
	heir              bool                   // it shows signals that are stored with earlier runs
	from              history.RunID          // then: the run that it continues, which is deleted before this one
	goesOnFrom        history.RunID          // the run that it continues
	updates           map[string]rows.Update // by id, those that were sent to it
	turns, through    uint64
	void              uint64 // number of consecutive closing turns that were void
	cut               bool   // its newest turn was cut
	woken             uint64
	signals, consumed uint64
	eventLimit        uint64
	signalLimit       uint64
	cancelAsked       bool
	fired             history.Time // for which its schedule fired; 0 = not noted
	lines             []line
	said              []history.Data // the events of lines, as far as they are predicted
	recorded          []turn
	fresh             []fresh  // lines that an entry wrote
	freshIn           uint64   // that entry
	compared          int      // number of lines already compared with the real ones
	comparedAt        uint64   // index of that entry
	reopened          []uint64 // seqs at which it was reopened
	epoch             int      // how often, itself: a copy has a run id of its own
	movedAt           uint64   // seq of its newest move to another version
	startedAt         history.Time
	attempts          uint32 // the highest attempt of any step
	attrs, beganWith  history.Attributes
	chain             chain
	timers            []timer
	deadline          history.Time
	beginsAt          history.Time     // when its delay is over; 0 = it has begun
	timeLeft          history.Time     // while it is paused
	stopped           bool             // a stop has paused it
	depth             uint64           // below the root of its tree
	timeout           history.Duration // that its starter set
	limit             history.Duration // that it began with
	kids              []kid            // by ordinal
	awaits            []await          // by ordinal
	line              *waitLine        // who waits for its result; nil = nobody has
	tasks             []*task          // by ordinal
	closedAt          history.Time
	schedule          string
	born              int           // how many runs had started with it
	origin            *rows.Origin  // what it began as a copy of; nil = it did not
	resetAs           history.RunID // the run that took its place
}

// line is an event, as far as it can be predicted without its time.
type line struct {
	typ  history.Type
	id   uint64 // ordinal; 0 where the type has none
	text string // payload of a signal
}

type timer struct {
	id uint64
	at history.Time
}

type kid struct {
	id      uint64
	run     history.RunID
	awaited bool
}

// pin returns the kind under which r pins its version.
func (r *run) pin() rows.PinKind {
	switch {
	case !r.status.Open():
		return 0
	case r.status == history.StatusPaused:
		return rows.PinRecoverableRun
	case r.turns > 0:
		return rows.PinLiveRun
	case r.parent != history.RunID{} && !r.continued:
		return rows.PinRecordedChild
	}
	return rows.PinInFlightStart
}

// lineOf returns the predictable part of an event.
func lineOf(data history.Data) line {
	l := line{typ: data.Type()}
	switch e := data.(type) {
	case *history.SignalReceived:
		l.text = string(e.Payload)
	case *history.UpdateAccepted:
		l.text = e.UpdateID + " " + e.Name + " " + string(e.Args)
	case *history.UpdateCompleted:
		l.text = e.UpdateID
	case *history.SignalSent:
		l.text = fmt.Sprint(string(e.Payload), e.Error != nil)
	case *history.CancelSent:
		l.text = fmt.Sprint(e.WorkflowID, e.Error != nil)
	case *history.ResultAwaited:
		l.id, l.text = e.ID, e.RunID.String()
	case *history.ResultReceived:
		l.id, l.text = e.ID, textOfResult(e)
	case *history.AwaitCancelled:
		l.id = e.ID
	case *history.TimerStarted:
		l.id = e.ID
	case *history.TimerFired:
		l.id = e.ID
	case *history.TimerCancelled:
		l.id = e.ID
	case *history.ActivityScheduled:
		l.id = e.ID
	case *history.ActivityStarted:
		l.id, l.text = e.ID, fmt.Sprint(e.Attempt)
	case *history.ActivityCompleted:
		l.id, l.text = e.ID, fmt.Sprint(e.Attempt)
	case *history.ActivityFailed:
		l.id, l.text = e.ID, fmt.Sprint(e.Attempt)
	case *history.ActivityCancelled:
		l.id = e.ID
	case *history.ActivityCancelRequested:
		l.id = e.ID
	case *history.ChildWorkflowCancelRequested:
		l.id = e.ID
	case *history.ChildWorkflowStarted:
		l.id, l.text = e.ID, e.RunID.String()
	case *history.ChildWorkflowCompleted:
		l.id = e.ID
	case *history.ChildWorkflowFailed:
		l.id = e.ID
	case *history.ChildWorkflowCancelled:
		l.id = e.ID
	case *history.WorkflowFailed:
		l.text = e.NewRunID.String()
	case *history.WorkflowTimedOut:
		l.text = e.NewRunID.String()
	case *history.WorkflowContinuedAsNew:
		l.text = e.Version.Short()
	case *history.WorkflowMoved:
		l.text = fmt.Sprint(e.From.Short(), e.To.Short(), e.Turn)
	case *history.WorkflowReopened:
		l.text = fmt.Sprint(e.Turn, e.Forget, e.ForgetCancel)
	case *history.WorkflowReset:
		l.text = fmt.Sprint(e.RunID, e.OfRunID, e.Turn, e.Fork)
	case *history.ParentReset:
		l.text = e.RunID.String()
	case *history.WorkflowStarted:
		l.text = e.WorkflowID + " " + e.WorkflowType + " " + e.Version.Short() + " " + string(e.Input) + " " + fmt.Sprint(int64(e.FireTime))
	}
	return l
}

// wakes reports whether a run needs a turn after an event.
func wakes(data history.Data) bool {
	switch data.Type() {
	case history.TypeWorkflowStarted:
		return data.(*history.WorkflowStarted).BeginsAt == 0
	case history.TypeWorkflowBegan, history.TypeWorkflowReopened, history.TypeWorkflowReset, history.TypeCancelRequested, history.TypeSignalReceived, history.TypeUpdateAccepted, history.TypeTimerFired, history.TypeActivityCompleted,
		history.TypeActivityFailed, history.TypeChildWorkflowCompleted, history.TypeChildWorkflowFailed, history.TypeResultReceived:
		return true
	case history.TypeChildWorkflowCancelled:
		return !data.(*history.ChildWorkflowCancelled).Asked
	}
	return false
}

func (m *Model) append(r *run, data history.Data) {
	m.touched = append(m.touched, r.id)
	r.lines, r.said = append(r.lines, lineOf(data)), append(r.said, data)
	if r.freshIn != m.index {
		r.fresh, r.freshIn = r.fresh[:0], m.index
	}
	r.fresh = append(r.fresh, fresh{uint64(len(r.lines)), m.place})
	if wakes(data) {
		r.woken = uint64(len(r.lines))
	}
	switch data.Type() {
	case history.TypeSignalReceived:
		r.signals++
	case history.TypeWorkflowStarted, history.TypeWorkflowResumed, history.TypeWorkflowReopened, history.TypeWorkflowReset:
		r.status = history.StatusRunning
	case history.TypeWorkflowPaused:
		r.status = history.StatusPaused
	case history.TypeWorkflowCompleted:
		r.status = history.StatusCompleted
	case history.TypeWorkflowFailed:
		r.status = history.StatusFailed
	case history.TypeWorkflowCancelled:
		r.status = history.StatusCancelled
	case history.TypeWorkflowTerminated:
		r.status = history.StatusTerminated
	case history.TypeWorkflowTimedOut:
		r.status = history.StatusTimedOut
	case history.TypeWorkflowContinuedAsNew:
		r.status = history.StatusContinuedAsNew
	}
}

// deliver appends an event from elsewhere: for the run whose turn is being recorded, after what it
// asked for.
func (m *Model) deliver(r *run, data history.Data) {
	if r == m.turning {
		m.later = append(m.later, data)
	} else {
		m.append(r, data)
	}
}

// resolve finds a run; nil if there is none.
func (m *Model) resolve(ref fsm.RunRef) *run {
	if ref.RunID.IsZero() {
		return m.runs[m.latest[ref.WorkflowID]]
	}
	if r := m.runs[ref.RunID]; r != nil && (ref.WorkflowID == "" || r.workflowID == ref.WorkflowID) {
		return r
	}
	return nil
}

func (m *Model) onOpen(ref fsm.RunRef, f func(*run) string) (code, why string) {
	r := m.resolve(ref)
	switch {
	case r == nil || !m.touches(r.typ):
		return "not_found", ""
	case !r.status.Open() || m.doomed(r):
		return "not_running", ""
	}
	return f(r), ""
}

func (m *Model) signal(r *run, c *fsm.SignalRun) string {
	if r.void >= 3 {
		return "unavailable"
	}
	if !r.takesSignal(c.MaxWaiting) {
		return "resource_exhausted"
	}
	m.append(r, &history.SignalReceived{Payload: c.Payload})
	return ok
}

func (r *run) takesSignal(most uint64) bool {
	return r.signals-min(r.consumed, r.signals) < most && uint64(len(r.lines)) < r.eventLimit
}

func (m *Model) askToEnd(r *run) {
	if m.noteCancel(r) {
		m.shut(closing{r, new(history.WorkflowCancelled), false})
	}
}

// noteCancel reports whether the run ends at once, because it has not begun.
func (m *Model) noteCancel(r *run) (unbegun bool) {
	if r.cancelAsked {
		return false
	}
	r.cancelAsked = true
	m.deliver(r, new(history.CancelRequested))
	return r.beginsAt != 0
}

func (m *Model) startRun(c *fsm.StartRun, r *fsm.Result) (code, why string) {
	if code, why, done := m.meet(c, r); done {
		return code, why
	}
	var p *catalog.Package
	if c.Version != "" {
		if p = m.find(c.Type, c.Version); p == nil {
			return "unknown_version", ""
		}
	} else if p = m.loaded[m.chosen(c.Type, c.WorkflowID, c.Attributes)]; p == nil {
		return "unknown_workflow_type", ""
	}
	if _, code := m.inTheWay(c); code != "" {
		newest := m.latest[c.WorkflowID]
		if refused, is := r.Refusal.(*fsm.AlreadyRunning); is && refused.RunID != newest {
			return code, fmt.Sprintf("names %s, open is %s", refused.RunID, newest)
		}
		if refused, is := r.Refusal.(*fsm.AlreadyClosed); is && refused.RunID != newest {
			return code, fmt.Sprintf("names %s, the newest is %s", refused.RunID, newest)
		}
		return code, ""
	}
	if m.runs[c.RunID] != nil {
		return "invalid_input", ""
	}
	if member, _ := p.Member(c.Type); member.InputSchema != c.CheckedSchema {
		return recheck, ""
	}
	if m.stopped(c.Type, p.Version) {
		return "stopped", ""
	}
	if !m.within(c.Type, 0, m.givesWay(c)) {
		return "resource_exhausted", ""
	}
	want := m.startWith(c, &run{id: c.RunID, workflowID: c.WorkflowID, typ: c.Type, input: c.Input, version: p.Version, timeout: c.Timeout, attrs: labelled(nil, c.Attributes)})
	return ok, answersStart(r, want)
}

// start adds a run that has its ids and its version.
func (m *Model) start(r *run) {
	m.started++
	r.born = m.started
	m.runs[r.id], m.latest[r.workflowID] = r, r.id
	if !m.known[r.id] { // otherwise it was purged, and its id is used again
		m.known[r.id] = true
		m.order = append(m.order, r.id)
	}
	r.eventLimit, r.signalLimit, r.startedAt = 50_000, 10_000, m.now
	m.append(r, &history.WorkflowStarted{WorkflowID: r.workflowID, WorkflowType: r.typ, Version: r.version, Input: r.input, BeginsAt: r.beginsAt, FireTime: r.fired})
	r.limit = r.timeout
	for _, member := range m.loaded[r.version].Members {
		if member.Type == r.typ && r.limit == 0 {
			r.limit = history.Duration(member.Timeout)
		}
	}
	if left := history.Duration(r.chain.left); left > 0 && (r.limit == 0 || left < r.limit) {
		r.limit = left
	}
	r.beganWith = r.attrs
	if r.deadline = r.beginsAt; r.beginsAt == 0 {
		m.limitTime(r)
	}
	if n := m.countsOf(r); n != nil {
		n.Started++
	}
	m.holdBack(r)
}

// limitTime starts the time limit of the whole run, which is that of the version it began on.
func (m *Model) limitTime(r *run) {
	if r.limit > 0 {
		r.deadline = m.now + history.Time(r.limit)
	}
}
