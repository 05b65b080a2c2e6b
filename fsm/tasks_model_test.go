package fsm

import (
	"fmt"
	"math/big"
	"slices"
	"sort"
	"strings"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// taskModel says what ought to become of activities, as plainly as it can be said: no indexes, no
// counts, everything is found by looking at every task. It shares nothing with the state machine
// but the types of commands and events.
type taskModel struct {
	now   history.Time
	runs  map[history.RunID]*modelRun
	order []history.RunID
	limit map[string]uint64 // concurrency of queues
	place int               // of the newest offer
}

type modelRun struct {
	open    bool
	tasks   map[uint64]*modelTask
	failed  map[uint64]*history.ActivityScheduled // by ordinal: what a reopening may forget
	seqs    map[uint64]uint64
	highest uint32
	events  []string // on activities
	count   uint64   // of all events
}

type modelTask struct {
	asked                        *history.ActivityScheduled
	state                        rows.TaskState
	attempt, failures, place     int
	due, offered, started, ended history.Time // ended: of the attempt
	lease, backoff               history.Duration
	worker, details              string
}

func (m *taskModel) note(run history.RunID, format string, args ...any) {
	r := m.runs[run]
	r.count++
	if format != "" {
		r.events = append(r.events, fmt.Sprintf(format, args...))
	}
}

func (m *taskModel) start(run history.RunID) {
	m.runs[run] = &modelRun{open: true, tasks: map[uint64]*modelTask{}, failed: map[uint64]*history.ActivityScheduled{}, seqs: map[uint64]uint64{}, count: 1}
	m.order = append(m.order, run)
}

func (m *taskModel) offer(task *modelTask) {
	m.place++
	task.state, task.place, task.offered = rows.TaskOffered, m.place, m.now
	m.wait(task)
}

func (m *taskModel) wait(task *modelTask) {
	if task.due = 0; task.asked.ScheduleTimeout > 0 {
		task.due = task.offered + history.Time(task.asked.ScheduleTimeout)
	}
}

func (m *taskModel) turn(run history.RunID, asked []history.Event) {
	r := m.runs[run]
	for _, e := range asked {
		switch d := e.Data.(type) {
		case *history.ActivityScheduled:
			m.note(run, "scheduled %d", d.ID)
			r.seqs[d.ID] = r.count
			r.tasks[d.ID] = &modelTask{asked: d}
			m.offer(r.tasks[d.ID])
		case *history.ActivityCancelled:
			m.note(run, "cancelled %d", d.ID)
			delete(r.failed, d.ID) // it failed while the turn was under way
			m.giveUp(r, d.ID)
		case *history.WorkflowCompleted:
			m.close(run)
		}
	}
}

func (m *taskModel) close(run history.RunID) {
	r := m.runs[run]
	m.note(run, "")
	r.open = false
	for _, id := range r.ids() {
		m.giveUp(r, id)
	}
}

func (m *taskModel) reopen(run history.RunID, forget []uint64, again []Again) {
	r := m.runs[run]
	m.note(run, "")
	r.open = true
	for _, a := range again {
		asked := r.failed[a.ID]
		if asked == nil {
			panic("the model does not know what it takes up again")
		}
		r.tasks[a.ID] = &modelTask{asked: asked, attempt: int(r.highest)}
		m.offer(r.tasks[a.ID])
		delete(r.failed, a.ID)
	}
}

func (r *modelRun) ids() (ids []uint64) {
	for id := range r.tasks {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (m *taskModel) giveUp(r *modelRun, id uint64) {
	task := r.tasks[id]
	if task == nil {
		return
	}
	if !r.open && task.state != rows.TaskGivenUp { // a reopening takes up what was pending
		r.failed[id] = task.asked
	}
	if task.state == rows.TaskLeased {
		task.state = rows.TaskGivenUp
		task.due = min(task.due, m.now+24*3600e9)
	} else if task.state != rows.TaskGivenUp {
		delete(r.tasks, id)
	}
}

// lease returns what a worker gets: run, ordinal, attempt.
func (m *taskModel) lease(c *LeaseTasks) (given []string) {
	for range c.Max {
		busy := uint64(0)
		var first *modelTask
		var of history.RunID
		for _, run := range m.order {
			for _, task := range m.runs[run].tasks {
				if task.asked.Queue != c.Queue {
					continue
				}
				if task.state == rows.TaskLeased || task.state == rows.TaskGivenUp {
					busy++
				}
				if task.state == rows.TaskOffered && slices.Contains(c.Activities, task.asked.Activity) && (first == nil || task.place < first.place) {
					first, of = task, run
				}
			}
		}
		if first == nil || m.limit[c.Queue] > 0 && busy >= m.limit[c.Queue] {
			break
		}
		first.attempt++
		first.state, first.worker, first.started, first.ended = rows.TaskLeased, c.Worker, m.now, 0
		m.runs[of].highest = max(m.runs[of].highest, uint32(first.attempt))
		if first.asked.Timeout > 0 {
			first.ended = m.now + history.Time(first.asked.Timeout)
		}
		first.lease = c.Lease
		if h := first.asked.Heartbeat; h > 0 && (!c.Named || h < c.Lease) {
			first.lease = h
		} else if h == 0 && first.asked.Timeout > 0 && !c.Named {
			first.lease = 0
		}
		m.live(first)
		m.note(of, "started %d.%d", first.asked.ID, first.attempt)
		given = append(given, fmt.Sprintf("%s:%d.%d %s", of, first.asked.ID, first.attempt, first.details))
	}
	return given
}

// live notes a sign of life.
func (m *taskModel) live(task *modelTask) {
	task.due = task.ended
	if silent := m.now + history.Time(task.lease); task.lease > 0 && (task.due == 0 || silent < task.due) {
		task.due = silent
	}
}

// withAttempt does something with the task of a token, if the attempt is still the worker's.
func (m *taskModel) withAttempt(token TaskToken, do func(r *modelRun, task *modelTask)) string {
	r := m.runs[token.RunID]
	if r == nil {
		return "lost"
	}
	task := r.tasks[token.ID]
	switch {
	case task == nil || task.attempt != int(token.Attempt):
		return "lost"
	case task.state == rows.TaskGivenUp:
		delete(r.tasks, token.ID)
		return "cancel"
	case task.state != rows.TaskLeased:
		return "lost"
	}
	do(r, task)
	return "ok"
}

func (m *taskModel) complete(token TaskToken) string {
	return m.withAttempt(token, func(r *modelRun, task *modelTask) {
		m.note(token.RunID, "completed %d.%d", token.ID, token.Attempt)
		delete(r.tasks, token.ID)
	})
}

func (m *taskModel) fail(run history.RunID, task *modelTask, kind string, retryable bool, jitter uint32) {
	r, p, id := m.runs[run], task.asked.Retry, task.asked.ID
	task.failures++
	if p == nil || !retryable || slices.Contains(p.NonRetryable, kind) || p.MaxAttempts > 0 && task.failures >= int(p.MaxAttempts) {
		m.note(run, "failed %d.%d %s", id, task.attempt, kind)
		r.failed[id] = task.asked
		delete(r.tasks, id)
		return
	}
	if task.backoff == 0 {
		task.backoff = p.Backoff
	} else {
		task.backoff *= history.Duration(p.Factor)
	}
	task.backoff = min(task.backoff, p.MaxBackoff)
	extra := new(big.Int).Mul(big.NewInt(int64(task.backoff/10)), big.NewInt(int64(jitter)))
	extra.Rsh(extra, 32)
	task.state, task.due = rows.TaskBackoff, m.now+history.Time(task.backoff)+history.Time(extra.Int64())
}

func (m *taskModel) fire(c *FireTimers) {
	for i, ref := range c.Timers {
		r := m.runs[ref.RunID]
		if r == nil || ref.FireAt > m.now {
			continue
		}
		task := r.tasks[ref.ID]
		if task == nil || task.due != ref.FireAt || task.due == 0 {
			continue
		}
		switch task.state {
		case rows.TaskOffered:
			m.note(ref.RunID, "failed %d.0 timeout", ref.ID)
			r.failed[ref.ID] = task.asked
			delete(r.tasks, ref.ID)
		case rows.TaskBackoff:
			m.offer(task)
		case rows.TaskGivenUp:
			delete(r.tasks, ref.ID)
		case rows.TaskLeased:
			if task.due == task.ended {
				m.fail(ref.RunID, task, "timeout", true, c.Jitter+uint32(i)*0x9e3779b9)
			} else {
				m.offer(task)
			}
		}
	}
}

// told is everything that the model knows, as lines.
func (m *taskModel) told() (lines []string) {
	counts := map[string][3]int{}
	for _, run := range m.order {
		r := m.runs[run]
		for _, id := range r.ids() {
			task := r.tasks[id]
			lines = append(lines, fmt.Sprintf("%s %d: state %d attempt %d failures %d due %d details %s", run, id, task.state, task.attempt, task.failures, task.due, task.details))
			c := counts[task.asked.Queue]
			c[map[rows.TaskState]int{rows.TaskOffered: 0, rows.TaskBackoff: 1, rows.TaskLeased: 2, rows.TaskGivenUp: 2}[task.state]]++
			counts[task.asked.Queue] = c
		}
		lines = append(lines, fmt.Sprintf("%s has %d events: %s", run, r.count, strings.Join(r.events, ", ")))
	}
	for name, most := range m.limit {
		if most > 0 {
			counts[name] = counts[name]
		}
	}
	for name, c := range counts {
		lines = append(lines, fmt.Sprintf("queue %s %v at most %d", name, c, m.limit[name]))
	}
	sort.Strings(lines)
	return lines
}

// clocks are the times at which something of the model is due.
func (m *taskModel) clocks() (refs []string) {
	for _, run := range m.order {
		for id, task := range m.runs[run].tasks {
			if task.due != 0 {
				refs = append(refs, fmt.Sprintf("%d %s %d", task.due, run, id))
			}
		}
	}
	sort.Strings(refs)
	return refs
}
