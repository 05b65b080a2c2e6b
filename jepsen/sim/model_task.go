package sim

import (
	"cmp"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// task is an activity without an outcome yet.
type task struct {
	run                      *run
	id                       uint64
	state                    rows.TaskState
	attempt, failures        uint32
	asked                    *history.ActivityScheduled
	due, offeredAt, leasedAt history.Time
	lease, backoff           history.Duration
	deferred                 bool
	place                    uint64 // among the offers
	before                   uint32 // attempts made before the run was reopened
	askedAt                  history.Time
	rules                    uint64
	cancelAsked              bool
}

const (
	second = history.Duration(1e9)
	minute = 60 * second
)

func (r *run) task(id uint64) *task {
	for _, t := range r.tasks {
		if t.id == id {
			return t
		}
	}
	return nil
}

func (m *Model) schedule(r *run, e *history.ActivityScheduled) {
	m.unclock(r, e.ID)
	t := &task{run: r, id: e.ID, asked: e, askedAt: m.now, rules: m.byRules}
	r.tasks = append(r.tasks, t)
	m.offer(t, true)
}

// offer puts a task among the offers: last, or at its old place.
func (m *Model) offer(t *task, anew bool) {
	t.deferred = t.deferred && m.level < 7
	t.state = rows.TaskOffered
	if anew {
		m.places++
		t.place, t.offeredAt = m.places, m.now
	}
	t.due = 0
	if t.asked.ScheduleTimeout > 0 {
		t.due = t.offeredAt + history.Time(t.asked.ScheduleTimeout)
	}
	t.due = t.within(t.due)
	list := m.offers[t.asked.Queue]
	at, _ := slices.BinarySearchFunc(list, t.place, func(o *task, place uint64) int { return cmp.Compare(o.place, place) })
	m.offers[t.asked.Queue] = slices.Insert(list, at, t)
}

func (m *Model) withdraw(t *task) {
	if t.state == rows.TaskOffered {
		m.offers[t.asked.Queue] = slices.DeleteFunc(m.offers[t.asked.Queue], func(o *task) bool { return o == t })
	}
}

func (m *Model) endTask(t *task) {
	m.withdraw(t)
	t.run.tasks = slices.DeleteFunc(t.run.tasks, func(o *task) bool { return o == t })
}

func (m *Model) giveUpTask(_ *run, t *task) {
	switch t.state {
	case rows.TaskOffered, rows.TaskBackoff:
		m.endTask(t)
	case rows.TaskLeased:
		if t.deferred {
			m.endTask(t)
			return
		}
		t.state, t.due = rows.TaskGivenUp, min(t.due, m.now+history.Time(24*60*minute))
	}
}

// askTask asks for the end of an activity that is waited for: at once, unless a worker holds it.
func (m *Model) askTask(r *run, id uint64) {
	t := r.task(id)
	switch {
	case t == nil || t.state == rows.TaskGivenUp:
	case t.state == rows.TaskLeased && (!t.deferred || t.asked.Heartbeat > 0):
		t.cancelAsked = true
	default:
		failed := &history.ActivityFailed{ID: id}
		if t.attempt > t.before {
			failed.Attempt = t.attempt
		}
		m.deliver(r, failed)
		m.endTask(t)
	}
}

func (m *Model) askKid(r *run, id uint64) {
	if k := r.kid(id); k != nil && k.awaited {
		if child := m.runs[k.run]; child != nil && child.status.Open() {
			m.askToEnd(child)
		}
	}
}

func (t *task) deadline() history.Time {
	if t.asked.Timeout == 0 {
		return 0
	}
	return t.leasedAt + history.Time(t.asked.Timeout)
}

// total returns when the time for all attempts is over; 0 = never.
func (t *task) total() history.Time {
	if t.asked.TotalTimeout == 0 {
		return 0
	}
	return t.askedAt + history.Time(t.asked.TotalTimeout)
}

func (t *task) within(at history.Time) history.Time {
	if at == 0 || t.total() != 0 && t.total() < at {
		return t.total()
	}
	return at
}

// renew sets when the lease ends if the worker is silent from now on.
func (t *task) renew(now history.Time) {
	t.due = t.within(t.deadline())
	if silent := now + history.Time(t.lease); t.lease != 0 && (t.due == 0 || silent < t.due) {
		t.due = silent
	}
}

func (m *Model) lease(c *fsm.LeaseTasks, r *fsm.Result) string {
	var given []fsm.TaskToken
	most := min(uint64(c.Max), m.allows(c.Queue))
	for _, t := range slices.Clone(m.offers[c.Queue]) {
		if most == 0 {
			break
		}
		if !slices.Contains(c.Activities, t.asked.Activity) {
			continue
		}
		most--
		if !t.run.status.Open() { // a job has yet to remove it
			m.endTask(t)
			continue
		}
		m.withdraw(t)
		t.state, t.leasedAt, t.lease, t.deferred = rows.TaskLeased, m.now, c.Lease, t.deferred && m.level < 7
		if h := t.asked.Heartbeat; h > 0 && (h < c.Lease || !c.Named) {
			t.lease = h
		} else if t.asked.Timeout > 0 && !c.Named {
			t.lease = 0
		}
		t.attempt++
		t.run.attempts = max(t.run.attempts, t.attempt)
		t.renew(m.now)
		if t.attempt-t.before <= 100 && uint64(len(t.run.lines)) < t.run.eventLimit {
			m.append(t.run, &history.ActivityStarted{ID: t.id, Attempt: t.attempt})
		}
		given = append(given, fsm.TaskToken{RunID: t.run.id, ID: t.id, Attempt: t.attempt})
	}
	m.useUp(c.Queue, len(given))
	if a, is := r.Answer.(*fsm.LeaseAnswer); is {
		var got []fsm.TaskToken
		for _, l := range a.Tasks {
			got = append(got, l.Token)
		}
		if !slices.Equal(got, given) {
			return fmt.Sprintf("gave %v, want %v", got, given)
		}
	}
	return ""
}

// applyReports executes what a worker reports about its attempts.
func (m *Model) applyReports(c fsm.Command, r *fsm.Result) string {
	var want []fsm.TaskReply
	beating := false
	say := func(token fsm.TaskToken, beat bool, do func(*task)) {
		var t *task
		if r := m.runs[token.RunID]; r != nil {
			t = r.task(token.ID)
		}
		switch {
		case t == nil || t.attempt != token.Attempt || t.state == rows.TaskOffered || t.state == rows.TaskBackoff:
			want = append(want, fsm.TaskReply{Lost: "lost"})
		case t.state == rows.TaskGivenUp || !t.run.status.Open() || m.doomed(t.run):
			if !t.run.status.Open() || t.state == rows.TaskGivenUp {
				m.endTask(t)
			}
			reply := fsm.TaskReply{Lost: "lost", Cancel: true}
			if beat {
				reply.Lost = ""
			}
			want = append(want, reply)
		default:
			do(t)
			want = append(want, fsm.TaskReply{Cancel: beating && t.cancelAsked})
		}
	}
	switch c := c.(type) {
	case *fsm.CompleteTasks:
		for _, x := range c.Results {
			say(x.Token, false, func(t *task) {
				m.append(t.run, &history.ActivityCompleted{ID: t.id, Attempt: t.attempt})
				m.endTask(t)
			})
		}
	case *fsm.FailTasks:
		for _, x := range c.Results {
			say(x.Token, false, func(t *task) { m.failTask(t, x.Error.Retryable, x.Jitter) })
		}
	case *fsm.BeatTasks:
		beating = true
		for _, x := range c.Beats {
			say(x.Token, true, func(t *task) { t.renew(m.now) })
		}
	case *fsm.DeferTasks:
		for _, token := range c.Tokens {
			say(token, false, func(t *task) {
				t.deferred, t.lease = true, t.asked.Heartbeat
				t.renew(m.now)
			})
		}
	case *fsm.ReleaseTasks:
		for _, token := range c.Tokens {
			say(token, false, func(t *task) {
				if t.cancelAsked {
					m.append(t.run, &history.ActivityFailed{ID: t.id, Attempt: t.attempt})
					m.endTask(t)
				} else {
					m.offer(t, false)
				}
			})
		}
	}
	a, is := r.Answer.(*fsm.TaskAnswer)
	if !is {
		return ""
	}
	for i, reply := range a.Replies {
		if reply.Lost != "" {
			a.Replies[i].Lost = "lost"
		}
	}
	if !slices.Equal(a.Replies, want) {
		return fmt.Sprintf("replied %+v, want %+v", a.Replies, want)
	}
	return ""
}

// failTask ends a failed attempt. Another attempt follows after a back-off, or the activity has
// failed. The back-off doubles from a second up to a minute, plus up to a tenth as the command's
// jitter says.
func (m *Model) failTask(t *task, retryable bool, jitter uint32) {
	t.failures++
	retry := t.asked.Retry
	if t.cancelAsked || retry == nil || !retryable || retry.MaxAttempts != 0 && t.failures >= retry.MaxAttempts {
		m.append(t.run, &history.ActivityFailed{ID: t.id, Attempt: t.attempt})
		m.endTask(t)
		return
	}
	m.backOff(t, jitter)
}

// backOff retries a task after a while, or fails it if no time is left for that.
func (m *Model) backOff(t *task, jitter uint32) {
	t.backoff = min(max(second, 2*t.backoff), minute)
	high, low := bits.Mul64(uint64(t.backoff/10), uint64(jitter)) // for a minute it has more than 64 bits
	extra := high<<32 | low>>32
	m.withdraw(t)
	t.deferred = false
	t.state, t.due = rows.TaskBackoff, m.now+history.Time(t.backoff)+history.Time(extra)
	if total := t.total(); t.cancelAsked || total != 0 && total < t.due {
		m.append(t.run, &history.ActivityFailed{ID: t.id, Attempt: t.attempt})
		m.endTask(t)
	}
}

func (m *Model) fireTask(r *run, ref fsm.TimerRef, jitter uint32) bool {
	t := r.task(ref.ID)
	if t == nil || t.due == 0 || t.due != ref.FireAt {
		return false
	}
	if !r.status.Open() { // nobody waits for it, whether or not a job has recorded that
		m.endTask(t)
		return true
	}
	if t.due == t.total() && t.state != rows.TaskGivenUp {
		failed := &history.ActivityFailed{ID: t.id}
		if t.attempt > t.before { // otherwise no worker has taken it since the run was reopened
			failed.Attempt = t.attempt
		}
		m.append(r, failed)
		if t.state != rows.TaskLeased || t.deferred {
			m.endTask(t)
			return true
		}
		t.state, t.due = rows.TaskGivenUp, m.now+history.Time(cmp.Or(t.lease, 5*minute))
		if d := t.deadline(); d > m.now {
			t.due = min(t.due, d)
		}
		return true
	}
	switch t.state {
	case rows.TaskOffered:
		m.append(r, &history.ActivityFailed{ID: t.id})
		m.endTask(t)
	case rows.TaskBackoff:
		m.offer(t, true)
	case rows.TaskLeased:
		if t.due == t.deadline() {
			m.failTask(t, true, jitter)
		} else if t.rules == 0 && !t.cancelAsked {
			m.offer(t, true)
		} else if t.asked.Retry != nil {
			m.failTask(t, true, jitter)
		} else {
			m.backOff(t, jitter)
		}
	case rows.TaskGivenUp:
		m.endTask(t)
	}
	return true
}

// token draws an attempt that some worker holds or held.
func (m *Model) token(rng *rand.Rand) (fsm.TaskToken, bool) {
	for range 4 {
		if len(m.order) == 0 {
			break
		}
		newest := m.order[max(0, len(m.order)-40):]
		r := m.runs[one(rng, newest)]
		if r == nil || len(r.tasks) == 0 {
			continue
		}
		t := one(rng, r.tasks)
		attempt := max(1, t.attempt)
		if odds(rng, 8) {
			attempt = 1 + uint32(rng.IntN(int(attempt)+1))
		}
		return fsm.TaskToken{RunID: r.id, ID: t.id, Attempt: attempt}, true
	}
	return fsm.TaskToken{}, false
}
