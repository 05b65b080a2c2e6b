package fsm

import "aion.dev/aion/fsm/rows"

// tasks keeps the tasks written last decoded: most are leased and settled within moments of being
// made, and reading each back took a quarter of it. It changes how fast Apply is, never what it
// does. Only Apply's goroutine touches it.
//
// It takes and gives copies, so nobody changes a task here without writing it, too. What a copy
// points to, a retry policy, is never changed by anybody.
type tasks struct {
	kept                         map[taskKey]*keptTask
	recency[keptTask, *keptTask] // by last use
}

// taskKey names a task by the serial of its run and its ordinal.
type taskKey struct{ serial, id uint64 }

type keptTask struct {
	key       taskKey
	task      rows.Task
	neighbour neighbours[keptTask]
}

func (k *keptTask) neighbours() *neighbours[keptTask] { return &k.neighbour }

// maxTasks is how many tasks stay in memory: about 8 MB.
const maxTasks = 20_000

func newTasks() tasks { return tasks{kept: map[taskKey]*keptTask{}} }

// get returns a copy of a task, nil when it is not kept.
func (c *tasks) get(serial, id uint64) *rows.Task {
	k := c.kept[taskKey{serial, id}]
	if k == nil {
		return nil
	}
	c.unlink(k)
	c.push(k)
	task := k.task
	return &task
}

// put keeps a task as it was just written. One with details of a heartbeat or a failure, which may
// be large, is not kept.
func (c *tasks) put(serial uint64, task *rows.Task) {
	if len(task.Details) > 0 || task.Failure != nil {
		c.drop(serial, task.ID)
		return
	}
	key := taskKey{serial, task.ID}
	k := c.kept[key]
	if k != nil {
		c.unlink(k)
	} else {
		k = &keptTask{key: key}
		c.kept[key] = k
	}
	k.task = *task
	c.push(k)
	if len(c.kept) > maxTasks {
		c.drop(c.oldest.key.serial, c.oldest.key.id)
	}
}

// drop forgets a task, if it is kept.
func (c *tasks) drop(serial, id uint64) {
	if k := c.kept[taskKey{serial, id}]; k != nil {
		delete(c.kept, k.key)
		c.unlink(k)
	}
}
