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

// line holds the polls that wait for one queue. Among those that can carry out what is offered,
// they are served first come, first served. Polls that can carry out the same activities form one
// rank, so serving a line reads the state once per rank, however many polls are in it. The desk's
// mutex guards it.
type line struct {
	queue   string
	ranks   map[string]*rank
	waiting int    // polls in the ranks
	asked   uint64 // tasks that leases in flight ask for

	next history.Time // when to serve it again even if nothing changes
	due  int          // index in dueLines; -1 = not there
}

// rank holds the polls of a line that can carry out the same activities.
type rank struct {
	name       string
	activities []string
	polls      list.List // of *Poll, by arrival
	holders    int       // polls in the rank, and polls that left it with a grant and may come back
	asked      uint64    // tasks that leases in flight ask for
}

// never is later than any log time.
const never = history.Time(math.MaxInt64)

func newLine(queue string) *line {
	return &line{queue: queue, ranks: make(map[string]*rank), next: never, due: -1}
}

// addPoll adds a poll to the end of the line.
func (l *line) addPoll(p *Poll, activities []string) {
	name := strings.Join(activities, "\x00")
	r := l.ranks[name]
	if r == nil {
		r = &rank{name: name, activities: activities}
		l.ranks[name] = r
	}
	r.holders++
	p.line, p.rank = l, r
	l.addToRank(p)
}

// addToRank puts a poll into its rank, ordered by arrival: a poll whose lease gave nothing gets its
// old place back.
func (l *line) addToRank(p *Poll) {
	l.waiting++
	for at := p.rank.polls.Back(); at != nil; at = at.Prev() {
		if at.Value.(*Poll).number < p.number {
			p.place = p.rank.polls.InsertAfter(p, at)
			return
		}
	}
	p.place = p.rank.polls.PushFront(p)
}

// removeFromRank removes a poll from its rank, if it is there.
func (l *line) removeFromRank(p *Poll) {
	if p.place != nil {
		p.rank.polls.Remove(p.place)
		p.place = nil
		l.waiting--
	}
}

// removePoll removes a poll from the line for good.
func (l *line) removePoll(p *Poll) {
	l.removeFromRank(p)
	if p.rank.holders--; p.rank.holders == 0 {
		delete(l.ranks, p.rank.name)
	}
}

// serve grants polls what the queue holds, and returns when the queue's limits allow more; never if
// only other events can help. Tasks that leases in flight ask for count as gone: the line is served
// again when those leases are answered.
func (l *line) serve(v fsm.View, now history.Time) (next history.Time) {
	next = never
	if l.waiting == 0 {
		return next
	}
	q, _ := v.Queue(l.queue)
	room := subtractToZero(q.Room(now), l.asked)
	if room == 0 && q.Offered <= l.asked {
		return next
	}
	var open []*rank // ranks with both polls and offers
	left := make(map[*rank]uint64)
	for _, r := range l.ranks { // in any order: polls are served by arrival
		if r.polls.Len() == 0 {
			continue
		}
		if at, offered := v.Offered(l.queue, r.activities); !offered {
			continue
		} else if at > now {
			next = min(next, at)
			continue
		}
		if left[r] = subtractToZero(v.Offers(l.queue, r.activities), r.asked); left[r] > 0 {
			open = append(open, r)
		}
	}
	for room > 0 && len(open) > 0 {
		first := slices.MinFunc(open, func(a, b *rank) int { return cmp.Compare(a.head().number, b.head().number) })
		p := first.head()
		n := min(p.most, room, left[first])
		l.removeFromRank(p)
		room, left[first] = room-n, left[first]-n
		l.asked, first.asked = l.asked+n, first.asked+n
		p.granted <- Grant{Tasks: n}
		if first.polls.Len() == 0 || left[first] == 0 {
			open = slices.DeleteFunc(open, func(r *rank) bool { return r == first })
		}
	}
	return next
}

// answered records that a lease of n tasks is no longer in flight.
func (l *line) answered(p *Poll, n uint64) {
	l.asked -= n
	p.rank.asked -= n
}

func (r *rank) head() *Poll { return r.polls.Front().Value.(*Poll) }

// subtractToZero returns a-b, or 0 if that is negative.
func subtractToZero(a, b uint64) uint64 { return a - min(a, b) }
