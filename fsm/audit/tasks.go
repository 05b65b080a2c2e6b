package audit

import (
	"bytes"
	"encoding/binary"
	"maps"
	"reflect"
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// linkTasks recounts tasks from the histories: an open run has one for each activity without an
// outcome; beyond these there are only attempts that were given up. Offers, lanes, clocks and the
// counts of queues follow from the tasks.
func (c *checker) linkTasks() {
	lanes, queues := map[string]*rows.Lane{}, map[string]*rows.Queue{}
	for _, n := range c.order {
		pending := c.pendingActivities(n)
		tasks := uint64(0)
		c.p.Scan(rows.NumberKey(rows.FamilyTask, n.row.Serial), rows.NumberKey(rows.FamilyTask, n.row.Serial+1), func(k, b []byte) bool {
			var task rows.Task
			if !decoded(b, &task) {
				c.failf("task %x cannot be read", k)
				return false
			}
			tasks++
			c.expect(append([]byte(nil), k...), append([]byte(nil), b...))
			c.checkTask(n, &task, pending)
			c.linkTask(n, &task, lanes, queues)
			return true
		})
		for _, id := range slices.Sorted(maps.Keys(pending)) {
			c.failf("run %s: activity %d has neither an outcome nor a task", n.row.Run.RunID, id)
		}
		if tasks != n.row.Tasks {
			c.failf("run %s has %d tasks, its row says %d", n.row.Run.RunID, tasks, n.row.Tasks)
		}
	}
	c.compareLanes(lanes)
	c.compareQueues(queues)
}

// pendingActivity is one without an outcome.
type pendingActivity struct {
	seq       uint64
	scheduled *history.ActivityScheduled
	asked     bool // to end, since it was offered
}

// pendingActivities reads a history once more, passing over what reopenings took back, and returns
// the activities that have no outcome. It also holds the history against itself: attempts rise, and
// there is no outcome of what was not pending.
func (c *checker) pendingActivities(n *recount) map[uint64]pendingActivity {
	run := &n.row.Run
	events := c.everyEvent(n)
	void, forgot := c.takenBack(n, events)
	highest := uint64(0)
	for _, e := range events {
		switch d := e.Data.(type) {
		case *history.TimerStarted:
			highest = max(highest, d.ID)
		case *history.ActivityScheduled:
			highest = max(highest, d.ID)
		}
	}
	if highest != n.row.Ordinal {
		c.failf("run %s: its highest ordinal with a clock is %d, its row says %d", run.RunID, highest, n.row.Ordinal)
	}
	pending, attempts := map[uint64]pendingActivity{}, map[uint64]uint32{}
	settle := func(e history.Event, id uint64, attempt uint32) {
		if e.Seq < forgot[id] {
			return
		}
		if _, ok := pending[id]; !ok {
			c.failf("run %s: event %d is an outcome of activity %d, which waited for none", run.RunID, e.Seq, id)
		}
		if attempt != 0 && attempt < attempts[id] {
			c.failf("run %s: event %d is the outcome of attempt %d of activity %d, which had attempt %d", run.RunID, e.Seq, attempt, id, attempts[id])
		}
		delete(pending, id)
	}
	for _, e := range events {
		if d, ok := e.Data.(*history.ActivityStarted); ok {
			if d.Attempt <= attempts[d.ID] || d.Attempt > n.row.Attempts {
				c.failf("run %s: event %d starts attempt %d of activity %d after attempt %d; the run's highest is %d", run.RunID, e.Seq, d.Attempt, d.ID, attempts[d.ID], n.row.Attempts)
			}
			attempts[d.ID] = d.Attempt
		}
		if void[e.Seq] {
			continue
		}
		switch d := e.Data.(type) {
		case *history.ActivityScheduled:
			pending[d.ID] = pendingActivity{seq: e.Seq, scheduled: d}
		case *history.ActivityCancelRequested:
			if p, ok := pending[d.ID]; ok {
				p.asked = true
				pending[d.ID] = p
			}
		case *history.WorkflowReopened, *history.WorkflowReset: // each is offered anew
			for id, p := range pending {
				p.asked = false
				pending[id] = p
			}
		case *history.TimerStarted:
			delete(pending, d.ID)
		case *history.ActivityCompleted:
			settle(e, d.ID, d.Attempt)
		case *history.ActivityFailed:
			settle(e, d.ID, d.Attempt)
		case *history.ActivityCancelled:
			delete(pending, d.ID)
		}
	}
	if !n.status.Open() {
		clear(pending)
	}
	return pending
}

// takenBack returns what reopenings took back: events of void turns, and for each ordinal the event
// before which its outcomes are forgotten.
func (c *checker) takenBack(n *recount, events []history.Event) (void map[uint64]bool, forgot map[uint64]uint64) {
	void, forgot = map[uint64]bool{}, map[uint64]uint64{}
	for _, e := range events {
		d, ok := e.Data.(*history.WorkflowReopened)
		if !ok {
			continue
		}
		if turn := (history.Turn{}); d.Turn != 0 && decoded(c.p.Get(rows.TurnKey(n.row.Serial, d.Turn)), &turn) {
			for seq := turn.FirstSeq; seq < e.Seq; seq++ {
				void[seq] = true
			}
		}
		for _, id := range d.Forget {
			forgot[id] = e.Seq
		}
	}
	return void, forgot
}

func (c *checker) everyEvent(n *recount) (events []history.Event) {
	err := c.p.EachEvent(n.row.Serial, func(e history.Event, _ int) bool {
		events = append(events, e)
		return true
	})
	if err != nil {
		c.failf("run %s: an event cannot be read: %w", n.row.Run.RunID, err)
	}
	return events
}

// checkTask holds a task against the event that asked for it, and its fields against each other.
func (c *checker) checkTask(n *recount, task *rows.Task, pending map[uint64]pendingActivity) {
	say := func(ok bool, what string) {
		if !ok {
			c.failf("run %s: task %d: %s: %+v", n.row.Run.RunID, task.ID, what, *task)
		}
	}
	asked, waiting := pending[task.ID]
	if delete(pending, task.ID); n.row.Job != 0 {
		// it is still to be given up
	} else if task.State != rows.TaskGivenUp {
		say(waiting, "nobody waits for it")
		if waiting {
			d := asked.scheduled
			want := rows.Task{Seq: asked.seq, Activity: d.Activity, Queue: d.Queue, Retry: d.Retry, Timeout: d.Timeout, Heartbeat: d.Heartbeat, Schedule: d.ScheduleTimeout, Total: d.TotalTimeout}
			got := rows.Task{Seq: task.Seq, Activity: task.Activity, Queue: task.Queue, Retry: task.Retry, Timeout: task.Timeout, Heartbeat: task.Heartbeat, Schedule: task.Schedule, Total: task.Total}
			say(reflect.DeepEqual(got, want), "it is not what was scheduled")
			say(task.CancelAsked == asked.asked, "it was asked to end, or was not")
			say(!task.CancelAsked || task.State == rows.TaskLeased, "it was asked to end, and no worker holds it")
		}
	} else {
		say(!waiting, "it was given up, but its run waits for it")
	}
	say(task.RunID == n.row.Run.RunID, "it is of another run")
	say(task.Attempt <= n.row.Attempts && task.Before <= task.Attempt, "its attempt is above the run's highest, or below where it began")
	switch task.State {
	case rows.TaskOffered:
		say(task.Due == task.OfferEnds(), "its clock is not that of an offer")
	case rows.TaskBackoff:
		say(task.Due != 0 && (task.Failures > 0 && task.Retry != nil || task.Rules >= 1 && task.Retry == nil && task.Failure != nil), "it waits for no retry")
	case rows.TaskLeased, rows.TaskGivenUp:
		say((task.Due != 0 || task.Deferred && task.State == rows.TaskLeased) && task.Attempt > task.Before && task.StartedAt != 0, "no worker holds it")
		say(task.State == rows.TaskGivenUp || task.Within(task.Deadline()) == 0 || task.Due <= task.Within(task.Deadline()), "its lease outlasts its attempt")
	default:
		say(false, "it has no state")
	}
}

func (c *checker) linkTask(n *recount, task *rows.Task, lanes map[string]*rows.Lane, queues map[string]*rows.Queue) {
	if task.Due != 0 {
		c.expect(rows.TimerKey(task.Due, n.row.Serial, task.ID), task.RunID[:])
	}
	if queues[task.Queue] == nil {
		queues[task.Queue] = new(rows.Queue)
	}
	*queues[task.Queue].Of(task.State)++
	if task.State != rows.TaskOffered {
		return
	}
	c.expect(task.Place().Key(rows.LaneKey(rows.FamilyOffer, task.Queue, task.Activity)), binary.BigEndian.AppendUint64(append([]byte(nil), task.RunID[:]...), task.ID))
	k := string(rows.LaneKey(rows.FamilyLane, task.Queue, task.Activity))
	if lanes[k] == nil {
		lanes[k] = &rows.Lane{From: task.Place()}
	}
	lanes[k].Left++
	if task.Place().Before(lanes[k].From) {
		lanes[k].From = task.Place()
	}
}

// compareLanes: each lane counts its offers, and has none before its front.
func (c *checker) compareLanes(want map[string]*rows.Lane) {
	err := each(c.p, rows.FamilyLane, func(k []byte, l rows.Lane) {
		w := want[string(k)]
		if delete(want, string(k)); w == nil || w.Left != l.Left || w.From.Before(l.From) {
			c.failf("lane %x is %+v, its offers say %+v", k, l, w)
		}
	})
	if err != nil {
		c.failf("lanes: %w", err)
	}
	for _, k := range sortedKeys(want) {
		c.failf("lane %x is missing", k)
	}
}

// compareQueues: each queue counts its tasks, and there is none that has neither tasks nor limits.
func (c *checker) compareQueues(want map[string]*rows.Queue) {
	err := each(c.p, rows.FamilyQueue, func(k []byte, q rows.Queue) {
		w := want[q.Name]
		if delete(want, q.Name); w == nil {
			w = new(rows.Queue)
		}
		if !bytes.Equal(k, rows.TextKey(rows.FamilyQueue, q.Name)) || q.Empty() || w.Offered != q.Offered || w.Backoff != q.Backoff || w.Leased != q.Leased {
			c.failf("queue %x is %+v, its tasks say %+v", k, q, w)
		}
	})
	if err != nil {
		c.failf("queues: %w", err)
	}
	for _, name := range sortedKeys(want) {
		c.failf("queue %q is missing", name)
	}
}
