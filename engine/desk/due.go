package desk

import (
	"container/heap"

	"aion.dev/aion/fsm/history"
)

// dueLines is a heap of the lines that must be served at a time of their own, earliest first.
type dueLines []*line

func (q dueLines) Len() int           { return len(q) }
func (q dueLines) Less(i, j int) bool { return q[i].next < q[j].next }
func (q dueLines) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].due, q[j].due = i, j
}

// Push implements heap.Interface.
func (q *dueLines) Push(x any) {
	l := x.(*line)
	l.due = len(*q)
	*q = append(*q, l)
}

// Pop implements heap.Interface.
func (q *dueLines) Pop() any {
	old := *q
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*q, l.due = old[:len(old)-1], -1
	return l
}

// set records when l must be served again; never removes it.
func (q *dueLines) set(l *line, next history.Time) {
	l.next = next
	switch {
	case next == never && l.due >= 0:
		heap.Remove(q, l.due)
	case next == never:
	case l.due >= 0:
		heap.Fix(q, l.due)
	default:
		heap.Push(q, l)
	}
}

// first returns when the first line is due.
func (q dueLines) first() history.Time {
	if len(q) == 0 {
		return never
	}
	return q[0].next
}
