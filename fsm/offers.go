package fsm

import (
	"encoding/binary"
	"slices"

	"aion.dev/aion/engine/history"
)

// Offers lie in lanes, one for each activity of a queue, oldest first. A lane's row counts them and remembers a place before which there are none: deleted
// offers leave marks in the database, and the oldest offer must be found without stepping over all that were ever taken.

// lane is what is stored of one queue's offers for one activity. It exists while there are any.
type lane struct {
	Left uint64 `cbor:"1,keyasint"`
	From place  `cbor:"2,keyasint,omitzero"` // no offer is before
}

func (l *lane) empty() bool { return l.Left == 0 }

// laneKey is the beginning of the keys of a lane's offers, and in its own family the key of its row.
func laneKey(family byte, queue, activity string) []byte {
	k := key(family)
	for _, s := range [...]string{queue, activity} {
		k = append(binary.BigEndian.AppendUint16(k, uint16(len(s))), s...)
	}
	return k
}

func (p place) key(lane []byte) []byte { return u32(u64(lane[:len(lane):len(lane)], p.Index), p.N) }

func (p place) before(q place) bool { return p.Index < q.Index || p.Index == q.Index && p.N < q.N }

func (task *Task) place() place { return place{task.OfferIndex, task.OfferN} }

func (t *step) lane(task *Task) *lane {
	return t.s.lanes.touch(t.s.lanes.row(t, laneKey(keyLane, task.Queue, task.Activity)))
}

// offer puts a task into its lane, at its place.
func (t *step) offer(task *Task) {
	l, at := t.lane(task), task.place()
	if l.Left == 0 || at.before(l.From) {
		l.From = at
	}
	l.Left++
	id := append(make([]byte, 0, 24), task.RunID[:]...)
	t.put(at.key(laneKey(keyOffer, task.Queue, task.Activity)), u64(id, task.ID))
}

// withdraw takes a task out of its lane.
func (t *step) withdraw(task *Task) {
	t.lane(task).Left--
	t.del(task.place().key(laneKey(keyOffer, task.Queue, task.Activity)))
}

// offered is one line of a lane.
type offered struct {
	at  place
	run history.RunID
	id  uint64
}

// laneReader reads a lane from its front.
type laneReader struct {
	row   *hotRow[lane]
	rows  []byte // what the keys of its offers start with
	left  uint64 // offers not read yet
	from  place  // where they begin
	ahead []offered
}

// oldest returns up to n offers of a queue for any of the activities, oldest first.
func (t *step) oldest(queue string, activities []string, n int) (list []offered) {
	var lanes []*laneReader
	for _, activity := range activities {
		if row := t.s.lanes.row(t, laneKey(keyLane, queue, activity)); row.value.Left > 0 {
			lanes = append(lanes, &laneReader{row: row, rows: laneKey(keyOffer, queue, activity), left: row.value.Left, from: row.value.From})
		}
	}
	for len(list) < n && len(lanes) > 0 {
		first := 0
		for i, l := range lanes {
			if len(l.ahead) == 0 {
				t.readAhead(l, 1+(n-len(list))/len(lanes))
			}
			if t.err != nil {
				return nil
			}
			if l.ahead[0].at.before(lanes[first].ahead[0].at) {
				first = i
			}
		}
		l := lanes[first]
		list, l.ahead = append(list, l.ahead[0]), l.ahead[1:]
		if len(l.ahead) == 0 && l.left == 0 {
			lanes = slices.Delete(lanes, first, first+1)
		}
	}
	return list
}

// readAhead reads the next n offers of a lane, if there are as many. The lane's front moves to the first that it finds: what was taken or withdrawn
// before it is not stepped over again.
func (t *step) readAhead(l *laneReader, n int) {
	front := l.from == l.row.value.From
	t.scan(l.from.key(l.rows), after(l.rows), func(k, b []byte) bool {
		at := place{readU64(k[len(l.rows):]), readU32(k[len(l.rows)+8:])}
		l.ahead = append(l.ahead, offered{at, history.RunID(b), readU64(b[16:])})
		l.from = place{at.Index, at.N + 1}
		return len(l.ahead) < n
	})
	l.left -= min(l.left, uint64(len(l.ahead)))
	if len(l.ahead) == 0 {
		t.fail(errLane(l.rows))
	} else if front && l.ahead[0].at != l.row.value.From {
		t.s.lanes.touch(l.row).From = l.ahead[0].at
	}
}

// Offered implements View.
func (p *picture) Offered(queue string, activities []string) (at history.Time, ok bool) {
	for _, activity := range activities {
		if p.get(laneKey(keyLane, queue, activity)) != nil {
			q, _ := p.Queue(queue)
			return q.next()
		}
	}
	return 0, false
}
