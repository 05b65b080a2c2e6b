package sim

import (
	"cmp"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Model is the expected state of every node. It is given the committed commands, in order, and
// predicts the outcome of each.
type Model struct {
	index uint64
	now   history.Time
	place int // of the command being judged, in its entry
	// written is an event as the state machine has it: the model knows which events come, not what
	// they say. Used only where a command names events by what they say.
	written func(run history.RunID, seq uint64) history.Data

	loaded map[catalog.Version]*catalog.Package
	routes map[string]route

	runs    map[history.RunID]*run
	order   []history.RunID // in order of start, including purged runs
	known   map[history.RunID]bool
	latest  map[string]history.RunID // newest run of a workflow id
	started int
	places  uint64                      // number of offers so far
	offers  map[string][]*task          // queue -> offered tasks, oldest first
	rules   map[string]history.Duration // retention

	requests  map[string]*request // by owner and id
	table     table
	schedules map[string]*schedule
	limits    map[string]*limits // of queues
	cluster
	callers
	policy
	only *fsm.Scope // of the command being judged

	facts    map[catalog.Version]*facts // of loaded versions, from level 1 on
	moved    map[catalog.Version]bool   // versions that a route came to or left in the entry being judged
	untaken  bool                       // runs from before level 2 are not among the fingerprints yet
	unpinned map[catalog.Version]bool   // versions from which that entry moved runs away
	drains   []drainedAt                // all
	canaries map[string]*canary         // by type
	left     map[string]catalog.Version // by type: what the command being judged took the route away from
	spent    *rows.VersionRetention     // the rule for drained versions

	deploys []deployed // those that are kept
	closes  []closedAt // all

	stops  map[held]uint64 // since which index
	quotas map[string]rows.RunQuota

	batches map[string]*batch // by id

	jobs    uint64          // number of jobs ever begun
	pending []*job          // jobs that are not over
	tight   bool            // the entry being judged has a small budget and one command
	budget  uint64          // of that entry
	view    fsm.View        // the state after that entry; nil if no node has it
	odd     string          // an error of the entry that no answer shows
	touched []history.RunID // runs changed by the entry being judged; some twice
	byRules uint64          // the rules under which activities are scheduled
	turning *run            // the run whose turn is being recorded
	telling *job            // of the command being judged, for outcomes that it has no room for
	later   []history.Data  // events that it receives after what it asked for
}

type route struct{ now, before catalog.Version }

const ok = "ok"

var (
	fenced  = (*fsm.Fenced)(nil).Code()
	recheck = (*fsm.Recheck)(nil).Code()
	later   = (*fsm.TreeCloses)(nil).Code()
)

func newModel() *Model {
	return &Model{
		loaded: map[catalog.Version]*catalog.Package{}, routes: map[string]route{}, runs: map[history.RunID]*run{}, latest: map[string]history.RunID{},
		offers: map[string][]*task{}, rules: map[string]history.Duration{}, requests: map[string]*request{}, schedules: map[string]*schedule{}, known: map[history.RunID]bool{},
		limits: map[string]*limits{}, cluster: newCluster(), callers: callers{named: map[string]token{}}, policy: newPolicy(), facts: map[catalog.Version]*facts{}, moved: map[catalog.Version]bool{}, unpinned: map[catalog.Version]bool{}, left: map[string]catalog.Version{}, canaries: map[string]*canary{}, stops: map[held]uint64{}, quotas: map[string]rows.RunQuota{}, batches: map[string]*batch{},
	}
}

// begin starts an entry: log time never runs backwards.
func (m *Model) begin(index uint64, at history.Time) {
	m.index, m.now, m.touched = index, max(m.now, at), m.touched[:0]
	m.tight, m.budget, m.view = false, 0, nil
	clear(m.moved)
	clear(m.unpinned)
}

// wrong records an error that no answer shows.
func (m *Model) wrong(why string) { m.odd = cmp.Or(m.odd, why) }

// judge executes a command and returns how the result differs from the expected one, or "".
func (m *Model) judge(e *fsm.Envelope, r *fsm.Result) string {
	got := outcomeOf(r)
	q := e.Request
	if q != nil {
		if want, done := m.recall(q, r); done {
			if got != want {
				return fmt.Sprintf("request %s answered %+v, want %+v", q.ID, got, want)
			}
			return ""
		}
	}
	if m.gateHolds(e.Command) {
		if want := (outcome{index: m.index, code: fenced}); got != want {
			return fmt.Sprintf("a gate is shut, and it answered %+v", got)
		}
		return ""
	}
	operation, types := m.concerns(e.Command)
	clear(m.left)
	m.telling = nil
	m.only = e.Only
	code, why := m.execute(e.Command, r)
	if operation != "" {
		m.recordDeploy(operation, types, code)
	}
	if m.odd != "" {
		return m.odd
	}
	if want := (outcome{index: m.index, code: code}); got != want {
		return fmt.Sprintf("answered %+v (%v), want %+v", got, r.Refusal, want)
	}
	if why != "" {
		return why
	}
	if _, full := r.Refusal.(*fsm.RunQuotaReached); full {
		return "" // not remembered: the same request may succeed later
	}
	if q != nil && code != fenced && code != recheck && code != later {
		m.remember(q, got)
	}
	return ""
}

// compareTold compares what a caller was told with what was done.
func (m *Model) compareTold(e *fsm.Envelope, r *fsm.Result) string {
	if e.Request == nil {
		return ""
	}
	got := outcomeOf(r)
	got.again = false
	if got.code == "request_mismatch" || got.code == fenced || got.code == recheck || got.code == later {
		return ""
	}
	switch r.Refusal.(type) {
	case *fsm.RequestsFull, *fsm.RunQuotaReached:
		return ""
	}
	row := m.requests[requestName(e.Request)]
	if row == nil {
		return "nothing was done for request " + e.Request.ID
	}
	for _, done := range row.all {
		if done == got {
			return ""
		}
	}
	return fmt.Sprintf("request %s came to %+v", e.Request.ID, row.all)
}

// execute returns the code that the command must end with, and what is wrong about an answer with
// the right code.
func (m *Model) execute(c fsm.Command, r *fsm.Result) (code, why string) {
	switch c := c.(type) {
	case *fsm.LoadPackage:
		return m.load(c, r)
	case *fsm.RouteType:
		return m.route(c, r)
	case *fsm.UnrouteType:
		return m.unroute(c), ""
	case *fsm.RollbackType:
		return m.rollback(c, r)
	case *fsm.Deploy:
		return m.deployment(c, r)
	case *fsm.UnloadVersion:
		return m.unload(c, r)
	case *fsm.UnloadWhenDrained:
		return m.unloadWhenDrained(c, r)
	case *fsm.CancelUnload:
		return m.cancelUnload(c), ""
	case *fsm.SetCanary:
		return m.setCanary(c), ""
	case *fsm.EndCanary:
		return m.endCanary(c, r)
	case *fsm.SetVersionRetention:
		m.spent = &c.Rule
		if c.Remove {
			m.spent = nil
		}
		return ok, ""
	case *fsm.PurgeVersions:
		return ok, m.purgeVersions(c, r)
	case *fsm.StartRun:
		return m.startRun(c, r)
	case *fsm.StartPackage:
		return m.startPackage(c, r)
	case *fsm.SignalRun:
		return m.onOpen(c.Run, func(r *run) string { return m.signal(r, c) })
	case *fsm.UpdateRun:
		return m.update(c, r)
	case *fsm.CancelRun:
		return m.onOpen(c.Run, func(r *run) string {
			if r.void >= 3 && !r.cancelAsked {
				return "unavailable"
			}
			m.askToEnd(r)
			return ok
		})
	case *fsm.TerminateRun:
		return m.onOpen(c.Run, func(r *run) string { m.shut(closing{r, new(history.WorkflowTerminated), false}); return ok })
	case *fsm.PauseRun:
		return m.onOpen(c.Run, func(r *run) string {
			if c.Quarantined && c.Turn != r.turns {
				return fenced
			}
			if r.status == history.StatusRunning {
				m.append(r, new(history.WorkflowPaused))
				r.void, r.stopped = 0, false
				if c.Quarantined {
					m.countQuarantined(r)
				}
				if c.Still && r.deadline > m.now && r.beginsAt == 0 {
					r.timeLeft, r.deadline = r.deadline-m.now, 0
				}
			}
			return ok
		})
	case *fsm.ResumeRun:
		return m.onOpen(c.Run, func(r *run) string {
			if r.status != history.StatusPaused {
				return "invalid_state"
			}
			if m.stopped(r.typ, r.version) {
				return "stopped"
			}
			m.resume(r)
			return ok
		})
	case *fsm.RecordTurn:
		return m.recordTurn(c, r)
	case *fsm.FireTimers:
		fired := uint64(0)
		a, is := r.Answer.(*fsm.FireAnswer)
		for i, t := range c.Timers {
			if m.tight && is && i > 0 && fired == a.Fired {
				break // the entry was full; the other timers are named again later
			}
			if m.fire(t, c.Jitter+uint32(i)*0x9e3779b9) { // one number is spread over them
				fired++
			}
		}
		if is && a.Fired != fired {
			return ok, fmt.Sprintf("fired %d timers, want %d", a.Fired, fired)
		}
		return ok, ""
	case *fsm.LeaseTasks:
		return ok, m.lease(c, r)
	case *fsm.CompleteTasks, *fsm.FailTasks, *fsm.BeatTasks, *fsm.ReleaseTasks, *fsm.DeferTasks:
		return ok, m.applyReports(c, r)
	case *fsm.ReportActivity:
		return m.reportActivity(c, r)
	case *fsm.SetRetention:
		if c.Remove {
			delete(m.rules, c.Rule.Type)
		} else {
			m.rules[c.Rule.Type] = c.Rule.Age
		}
		return ok, ""
	case *fsm.PurgeRuns:
		return ok, m.purge(c, r)
	case *fsm.Continue:
		return ok, m.carryJob(c, r)
	case *fsm.PutSchedule, *fsm.DeleteSchedule, *fsm.PauseSchedule, *fsm.ResumeSchedule, *fsm.FireSchedule:
		return m.onSchedule(c, r)
	case *fsm.MoveRun:
		return m.onOpen(c.Run, func(r *run) string { return m.move(r, c) })
	case *fsm.StopRuns:
		return m.stopRuns(c, r)
	case *fsm.StartBatch:
		return m.startBatch(c), ""
	case *fsm.StopBatch:
		return m.stopBatch(c), ""
	case *fsm.ActBatch:
		return m.actBatch(c, r)
	case *fsm.SetRunQuota:
		return m.setQuota(c), ""
	case *fsm.LiftStop:
		return m.liftStop(c, r)
	case *fsm.ReopenRun:
		return m.reopen(c), ""
	case *fsm.ResetRun:
		return m.reset(c, r)
	case *fsm.LimitQueue:
		return m.limit(c), ""
	case *fsm.TakeFingerprints:
		m.untaken = m.untaken && m.level < 2
		return ok, ""
	case *fsm.AnnounceNode, *fsm.RemoveNode, *fsm.ReportReady, *fsm.ReportDigest, *fsm.SetLimits, *fsm.RaiseLevel, *fsm.Check, *fsm.IssueJoinToken, *fsm.RevokeJoinToken, *fsm.SetVote:
		return m.report(c), ""
	case *fsm.Bootstrap, *fsm.CreateToken, *fsm.RevokeToken, *fsm.SetForwardKey:
		return m.onToken(c, r)
	case *fsm.TrustKey, *fsm.RevokeKey, *fsm.SetSignatureRule, *fsm.DropSignatureRule:
		return m.onPolicy(c)
	case *fsm.AnnounceLeader, *fsm.TakeOrdered, *fsm.NoteCall:
		return ok, ""
	case *fsm.ConfirmTime: // the entry's own time moves the state's
		if a, is := r.Answer.(*fsm.TimeAnswer); !is || a.LogTime != m.now {
			return ok, fmt.Sprintf("confirming the time answered %+v, want %v", r.Answer, m.now)
		}
		return ok, ""
	}
	panic(fmt.Sprintf("the model knows no %T", c))
}

// find resolves a version as users write it, among those that carry a type.
func (m *Model) find(typ, ref string) *catalog.Package {
	for _, p := range known {
		if q := m.loaded[p.Version]; q != nil && carries(q, typ) && strings.HasPrefix(p.Version.String(), ref) {
			return q
		}
	}
	return nil
}

func carries(p *catalog.Package, typ string) bool {
	for i := range p.Members {
		if p.Members[i].Type == typ {
			return true
		}
	}
	return false
}
