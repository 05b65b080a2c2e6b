package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// A queue's row counts its tasks by state and holds its limits; so polls of a queue that is empty,
// or at its limit, read nothing else.

// maxTaskName bounds names of queues, activities and workers, in bytes: 200 characters, as workflow
// code may write them.
const maxTaskName = 800

// queue returns a queue's row for a change.
func (t *step) queue(name string) *rows.Queue {
	q := t.s.queueRows.touch(t.s.queueRows.row(t, rows.TextKey(rows.FamilyQueue, name)))
	q.Name = name
	return q
}

func (t *step) storeQueues() {
	t.s.lanes.store(t, (*lane).Empty)
	t.s.queueRows.store(t, (*rows.Queue).Empty)
}

// checkTaskNames says what is wrong with the names of a queue and its activities; empty = nothing
// is.
func checkTaskNames(queue string, activities ...string) string {
	if n := len(namespace.Bare(queue)); n < 1 || n > maxTaskName {
		return fmt.Sprintf("queue name has %d bytes; it needs 1 to %d", n, maxTaskName)
	}
	for _, activity := range activities {
		if n := len(activity); n < 1 || n > maxTaskName {
			return fmt.Sprintf("activity name has %d bytes; it needs 1 to %d", n, maxTaskName)
		}
	}
	return ""
}

func nameSize(field string, n int) *catalog.InvalidInput {
	return &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf("has %d bytes; 1 to %d are allowed", n, maxTaskName)}
}

// Queue implements View.
func (p *picture) Queue(name string) (q rows.Queue, ok bool) {
	ok = p.row(p.Get(rows.TextKey(rows.FamilyQueue, name)), &q)
	return q, ok
}

// Queues implements View.
func (p *picture) Queues(after string, limit int) (queues []rows.Queue) {
	p.scanNames(rows.FamilyQueue, after, func(b []byte) bool {
		var q rows.Queue
		if !p.row(b, &q) {
			return false
		}
		queues = append(queues, q)
		return len(queues) < pageSize(limit)
	})
	return queues
}
