package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// The task index holds, under each run, its activities that are on their way. What a task's state
// implies lies elsewhere and follows it in moveTask: a place among the offers, a clock among the
// timers, a count of its queue.

// task returns the task of an ordinal, nil when there is none.
func (t *step) task(r *row, id uint64) *rows.Task {
	if r.Tasks == 0 {
		return nil
	}
	if task := t.s.tasks.get(r.Serial, id); task != nil {
		return task
	}
	task := new(rows.Task)
	if !t.Read(rows.TaskKey(r.Serial, id), task) {
		return nil
	}
	return task
}

// find is task for a run that may be missing.
func (t *step) find(run history.RunID, id uint64) (*row, *rows.Task) {
	r := t.run(run)
	if r == nil {
		return nil, nil
	}
	return r, t.task(r, id)
}

// awaited returns the first n tasks of a run whose outcome is waited for, by ordinal, and whether
// these are all.
func (t *step) awaited(r *row, n uint64) (tasks []*rows.Task, all bool) {
	if r.Tasks == 0 {
		return nil, true
	}
	mine := rows.NumberKey(rows.FamilyTask, r.Serial)
	all = true
	t.Scan(mine, rows.After(mine), func(k, b []byte) bool {
		task := new(rows.Task)
		t.Fail(rows.Decode(b, task))
		if task.State == rows.TaskGivenUp {
			return t.Err() == nil
		}
		if uint64(len(tasks)) == n {
			all = false
			return false
		}
		tasks = append(tasks, task)
		return t.Err() == nil
	})
	return tasks, all
}

// addTask makes a task in the state that it has.
func (t *step) addTask(r *row, task *rows.Task) {
	r.Tasks++
	t.touch(r)
	t.list(r, task)
	t.putTask(r, task)
}

// moveTask brings a task into another state, whose clock fires at due; 0 = it has none.
func (t *step) moveTask(r *row, task *rows.Task, to rows.TaskState, due history.Time) {
	t.unlist(r, task)
	task.State, task.Due, task.Deferred = to, due, false
	t.list(r, task)
	t.putTask(r, task)
}

// endTask takes a task away.
func (t *step) endTask(r *row, task *rows.Task) {
	t.unlist(r, task)
	t.Del(rows.TaskKey(r.Serial, task.ID))
	t.s.tasks.drop(r.Serial, task.ID)
	r.Tasks--
	t.touch(r)
}

// removeTask takes the task of an ordinal away, if there is one.
func (t *step) removeTask(r *row, id uint64) {
	if task := t.task(r, id); task != nil {
		t.endTask(r, task)
	}
}

func (t *step) putTask(r *row, task *rows.Task) {
	t.PutRow(rows.TaskKey(r.Serial, task.ID), task)
	t.s.tasks.put(r.Serial, task)
}

// list brings about what a task's state implies.
func (t *step) list(r *row, task *rows.Task) {
	*t.queue(task.Queue).Of(task.State)++
	if task.State == rows.TaskOffered {
		t.offer(task)
	}
	t.startClock(r, task)
}

// unlist is the reverse of list.
func (t *step) unlist(r *row, task *rows.Task) {
	*t.queue(task.Queue).Of(task.State)--
	if task.State == rows.TaskOffered {
		t.withdraw(task)
	}
	t.stopClock(r, task)
}

// Task implements View.
func (p *picture) Task(id history.RunID, ordinal uint64) (task rows.Task, ok bool) {
	serial, ok := p.serial(id)
	if !ok {
		return rows.Task{}, false
	}
	ok = p.row(p.Get(rows.TaskKey(serial, ordinal)), &task)
	return task, ok
}

// Tasks implements View.
func (p *picture) Tasks(id history.RunID, from uint64, limit int) (tasks []rows.Task) {
	serial, ok := p.serial(id)
	if !ok {
		return nil
	}
	p.Scan(rows.TaskKey(serial, from), rows.NumberKey(rows.FamilyTask, serial+1), func(_, b []byte) bool {
		var task rows.Task
		if !p.row(b, &task) {
			return false
		}
		tasks = append(tasks, task)
		return len(tasks) < pageSize(limit)
	})
	return tasks
}
