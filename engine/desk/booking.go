package desk

import (
	"cmp"
	"slices"

	"aion.dev/aion/fsm"
)

// Booking is a poll that is served ahead: its lease is proposed in the entry of the turn that
// schedules its tasks, instead of in an entry of its own when they are offered.
type Booking struct {
	Lease any    // what Enter was given
	Tasks uint64 // how many tasks to ask for
	poll  *Poll
}

// Book takes polls that wait for a queue out of its line, for the tasks of these activities that a
// turn is about to schedule, one name a task. It takes none if the queue holds offers that no lease
// has asked for: those are older. The caller must call Answer for each.
func (d *Desk) Book(queue string, activities []string) (booked []*Booking) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lines[queue]
	if l == nil || l.waiting == 0 {
		return nil
	}
	var room uint64
	d.cfg.View(func(v fsm.View) {
		if q, _ := v.Queue(queue); q.Offered <= l.asked {
			room = subtractToZero(q.Allows(d.cfg.Now()), l.asked)
		}
	})
	wanted := slices.Clone(activities)
	for room > 0 && len(wanted) > 0 {
		r, fits := l.firstFor(wanted)
		if r == nil {
			return booked
		}
		p := r.head()
		n := min(p.most, room, fits)
		l.removeFromRank(p)
		l.asked, r.asked, room = l.asked+n, r.asked+n, room-n
		p.booked = true
		booked = append(booked, &Booking{Lease: p.lease, Tasks: n, poll: p})
		for left := n; left > 0; left-- {
			at := slices.IndexFunc(wanted, r.canCarryOut)
			wanted = slices.Delete(wanted, at, at+1)
		}
	}
	return booked
}

// firstFor returns the rank whose poll arrived first among those that can carry out any of the
// activities, and how many of them that is; nil if there is none.
func (l *line) firstFor(activities []string) (first *rank, fits uint64) {
	for _, r := range l.ranks { // in any order: polls are served by arrival
		if r.polls.Len() == 0 {
			continue
		}
		n := uint64(0)
		for _, a := range activities {
			if r.canCarryOut(a) {
				n++
			}
		}
		if n > 0 && (first == nil || cmp.Less(r.head().number, first.head().number)) {
			first, fits = r, n
		}
	}
	return first, fits
}

func (r *rank) canCarryOut(activity string) bool {
	_, can := slices.BinarySearch(r.activities, activity)
	return can
}

// Answer hands the outcome of the lease to its poll.
func (b *Booking) Answer(outcome any) {
	d := b.poll.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	b.poll.granted <- Grant{Tasks: b.Tasks, Lease: outcome}
}
