package fsm

import (
	"fmt"
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Offers lie in lanes, one for each activity of a queue, oldest first. A lane's row counts them and
// remembers a place before which there are none: deleted offers leave marks in the database, and
// the oldest offer must be found without stepping over all that were ever taken.

// lane is the row of a lane with the first of its offers.
type lane struct {
	rows.Lane

	ahead []offered // the first offers, as far as this node has met them: memory only
}

// offered is one line of a lane.
type offered struct {
	at  rows.Place
	run history.RunID
	id  uint64
}

// maxAhead is how many offers of a lane are kept in memory as they come.
const maxAhead = 64

func (t *step) lane(task *rows.Task) *lane {
	return t.s.lanes.touch(t.s.lanes.row(t, rows.LaneKey(rows.FamilyLane, task.Queue, task.Activity)))
}

// offer puts a task into its lane, at its place.
func (t *step) offer(task *rows.Task) {
	l, o := t.lane(task), offered{task.Place(), task.RunID, task.ID}
	if l.Left == 0 || o.at.Before(l.From) {
		l.From = o.at
	}
	switch known := len(l.ahead); {
	case uint64(known) == l.Left && known < maxAhead && (known == 0 || l.ahead[known-1].at.Before(o.at)):
		l.ahead = append(l.ahead, o)
	case known > 0 && o.at.Before(l.ahead[known-1].at):
		l.ahead = nil
	}
	l.Left++
	t.Put(o.at.Key(rows.LaneKey(rows.FamilyOffer, task.Queue, task.Activity)), rows.AppendU64(append(make([]byte, 0, 24), o.run[:]...), o.id))
}

// withdraw takes a task out of its lane.
func (t *step) withdraw(task *rows.Task) {
	l, at := t.lane(task), task.Place()
	if known := len(l.ahead); known > 0 && l.ahead[0].at == at {
		l.ahead = l.ahead[1:]
	} else if known > 0 && !l.ahead[known-1].at.Before(at) {
		l.ahead = nil
	}
	l.Left--
	t.Del(at.Key(rows.LaneKey(rows.FamilyOffer, task.Queue, task.Activity)))
}

// laneReader reads a lane from its front.
type laneReader struct {
	lane *lane
	rows []byte // what the keys of its offers start with
	next int    // in lane.ahead
}

func (r *laneReader) left() uint64 { return r.lane.Left - uint64(r.next) }

// oldest returns up to n offers of a queue for any of the activities, oldest first.
func (t *step) oldest(queue string, activities []string, n int) (list []offered) {
	var lanes []*laneReader
	for _, activity := range activities {
		if row := t.s.lanes.row(t, rows.LaneKey(rows.FamilyLane, queue, activity)); row.value.Left > 0 {
			lanes = append(lanes, &laneReader{lane: &row.value, rows: rows.LaneKey(rows.FamilyOffer, queue, activity)})
		}
	}
	for len(list) < n && len(lanes) > 0 {
		first := 0
		for i, r := range lanes {
			if r.next == len(r.lane.ahead) {
				t.readAhead(r, max(maxAhead/2, 1+(n-len(list))/len(lanes)))
			}
			if t.Err() != nil {
				return nil
			}
			if r.lane.ahead[r.next].at.Before(lanes[first].lane.ahead[lanes[first].next].at) {
				first = i
			}
		}
		r := lanes[first]
		list = append(list, r.lane.ahead[r.next])
		if r.next++; r.left() == 0 {
			lanes = slices.Delete(lanes, first, first+1)
		}
	}
	return list
}

// readAhead reads the next n offers of a lane, if there are as many.
func (t *step) readAhead(r *laneReader, n int) {
	from := r.lane.From
	if known := len(r.lane.ahead); known > 0 {
		from = r.lane.ahead[known-1].at.Next()
	}
	t.Scan(from.Key(r.rows), rows.After(r.rows), func(k, b []byte) bool {
		at := rows.Place{Index: rows.U64(k[len(r.rows):]), N: rows.U32(k[len(r.rows)+8:])}
		r.lane.ahead = append(r.lane.ahead, offered{at, history.RunID(b), rows.U64(b[16:])})
		n--
		return n > 0
	})
	if r.next == len(r.lane.ahead) {
		t.Fail(fmt.Errorf("lane %x has fewer offers than the %d that its row counts", r.rows, r.lane.Left))
	}
}

// Offered implements View.
func (p *picture) Offered(queue string, activities []string) (at history.Time, ok bool) {
	for _, activity := range activities {
		if p.Get(rows.LaneKey(rows.FamilyLane, queue, activity)) != nil {
			q, _ := p.Queue(queue)
			return q.Next()
		}
	}
	return 0, false
}
