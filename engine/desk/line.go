package desk

import (
	"cmp"
	"container/list"
	"math"
	"slices"
	"strings"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// line is where the polls of one queue wait, first come first served among those that can carry out
// what is offered. Polls that can carry out the same activities stand in one rank, so that a look
// at the state costs one question for each rank, however many polls stand in it. The desk's mutex
// guards it.
type line struct {
	queue   string
	ranks   map[string]*rank
	waiting int    // polls that stand
	asked   uint64 // tasks asked for by leases under way

	next history.Time // when to look again although nothing moved
	due  int          // its place among those that have a next; -1 = none
}

// rank is the polls of a line that can carry out the same activities.
type rank struct {
	name       string
	activities []string
	polls      list.List // of *Poll, by arrival
	holders    int       // polls that stand here, and those that left with a grant and may come back
	asked      uint64    // tasks asked for by leases under way
}

// never is no time of the log.
const never = history.Time(math.MaxInt64)

func newLine(queue string) *line {
	return &line{queue: queue, ranks: make(map[string]*rank), next: never, due: -1}
}

// join makes a poll one of the line's, and stands it at its end.
func (l *line) join(p *Poll, activities []string) {
	name := strings.Join(activities, "\x00")
	r := l.ranks[name]
	if r == nil {
		r = &rank{name: name, activities: activities}
		l.ranks[name] = r
	}
	r.holders++
	p.line, p.rank = l, r
	l.stand(p)
}

// stand puts a poll into its rank, by arrival: one that comes back with nothing stands where it
// stood.
func (l *line) stand(p *Poll) {
	l.waiting++
	for at := p.rank.polls.Back(); at != nil; at = at.Prev() {
		if at.Value.(*Poll).number < p.number {
			p.place = p.rank.polls.InsertAfter(p, at)
			return
		}
	}
	p.place = p.rank.polls.PushFront(p)
}

// step takes a poll out of its rank, if it stands there.
func (l *line) step(p *Poll) {
	if p.place != nil {
		p.rank.polls.Remove(p.place)
		p.place = nil
		l.waiting--
	}
}

// part ends a poll's time in the line.
func (l *line) part(p *Poll) {
	l.step(p)
	if p.rank.holders--; p.rank.holders == 0 {
		delete(l.ranks, p.rank.name)
	}
}

// serve tells polls to ask for what the queue holds, and returns from when on its limits let them
// ask for more; never when nothing but other events can help. What leases under way ask for counts
// as gone: the line is served again when they are answered.
func (l *line) serve(v fsm.View, now history.Time) (next history.Time) {
	next = never
	if l.waiting == 0 {
		return next
	}
	q, _ := v.Queue(l.queue)
	room := less(q.Room(now), l.asked)
	if room == 0 && q.Offered <= l.asked {
		return next
	}
	var open []*rank // that have polls and offers
	left := make(map[*rank]uint64)
	for _, r := range l.ranks { // any order: polls are served by arrival
		if r.polls.Len() == 0 {
			continue
		}
		if at, offered := v.Offered(l.queue, r.activities); !offered {
			continue
		} else if at > now {
			next = min(next, at)
			continue
		}
		if left[r] = less(v.Offers(l.queue, r.activities), r.asked); left[r] > 0 {
			open = append(open, r)
		}
	}
	for room > 0 && len(open) > 0 {
		first := slices.MinFunc(open, func(a, b *rank) int { return cmp.Compare(a.head().number, b.head().number) })
		p := first.head()
		n := min(p.most, room, left[first])
		l.step(p)
		room, left[first] = room-n, left[first]-n
		l.asked, first.asked = l.asked+n, first.asked+n
		p.granted <- n
		if first.polls.Len() == 0 || left[first] == 0 {
			open = slices.DeleteFunc(open, func(r *rank) bool { return r == first })
		}
	}
	return next
}

// answered notes that a lease of n tasks is no longer under way.
func (l *line) answered(p *Poll, n uint64) {
	l.asked -= n
	p.rank.asked -= n
}

func (r *rank) head() *Poll { return r.polls.Front().Value.(*Poll) }

// less is a-b, or 0.
func less(a, b uint64) uint64 { return a - min(a, b) }
