package desk

import (
	"context"
	"slices"
	"testing"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// quiet is a View of a state with one queue.
type quiet struct {
	fsm.View
	queue rows.Queue
}

func (q *quiet) Queue(string) (rows.Queue, bool)               { return q.queue, true }
func (q *quiet) Offered(string, []string) (history.Time, bool) { return 0, q.queue.Offered > 0 }
func (q *quiet) Offers(string, []string) uint64                { return q.queue.Offered }

func booking(t *testing.T, q rows.Queue) (*Desk, context.CancelFunc) {
	term, lost := context.WithCancel(t.Context())
	t.Cleanup(lost)
	return New(term, Config{View: func(f func(fsm.View)) { f(&quiet{queue: q}) }, Now: func() history.Time { return 1 }, Polls: new(gauge)}), lost
}

// TestBook: tasks that a turn is about to schedule go to the polls that can carry them out, in the
// order of the polls' arrival, within the limits of the queue and behind older offers.
func TestBook(t *testing.T) {
	for _, c := range []struct {
		name  string
		queue rows.Queue
		tasks []string
		want  []any // leases of the polls, each behind its number of tasks
	}{
		{"the first that can", rows.Queue{}, []string{"b"}, []any{uint64(1), "two"}},
		{"several", rows.Queue{}, []string{"a", "a", "b", "a"}, []any{uint64(2), "one", uint64(2), "two"}},
		{"more than there are polls", rows.Queue{}, []string{"a", "a", "a", "a", "a", "a", "a"}, []any{uint64(2), "one", uint64(2), "two"}},
		{"nobody can", rows.Queue{}, []string{"c"}, nil},
		{"older offers come first", rows.Queue{Offered: 1}, []string{"a"}, nil},
		{"what the queue allows", rows.Queue{Limits: rows.QueueLimits{Concurrency: 1}}, []string{"a", "a"}, []any{uint64(1), "one"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _ := booking(t, rows.Queue{})
			d.Enter("q", []string{"a"}, 2, "one")
			d.Enter("q", []string{"a", "b"}, 2, "two")
			d.cfg.View = func(f func(fsm.View)) { f(&quiet{queue: c.queue}) }
			var got []any
			for _, b := range d.Book("q", c.tasks) {
				got = append(got, b.Tasks, b.Lease)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			if d.Book("elsewhere", c.tasks) != nil {
				t.Error("a poll of another queue was booked")
			}
		})
	}
}

// TestABookedPollStays: a wait that ends while its lease is on its way ends with that lease, so
// that no task is given to nobody.
func TestABookedPollStays(t *testing.T) {
	over := make(chan time.Time)
	close(over)
	for name, answer := range map[string]func(*Booking){
		"answered before": func(b *Booking) { b.Answer("lease") },
		"answered later": func(b *Booking) {
			go func() {
				time.Sleep(10 * time.Millisecond)
				b.Answer("lease")
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := booking(t, rows.Queue{})
			p := d.Enter("q", []string{"a"}, 3, "ask")
			b := d.Book("q", []string{"a"})
			if len(b) != 1 || d.Book("q", []string{"a"}) != nil {
				t.Fatal("a poll is booked once")
			}
			answer(b[0])
			for range 100 { // whichever the poll looks at first
				g, err := p.Await(t.Context(), over)
				if err != nil || g.Lease != "lease" || g.Tasks != 1 {
					t.Fatalf("got %+v, %v", g, err)
				}
				p.granted <- g
			}
			<-p.granted
			p.Answered(1)
			if g, err := p.Await(t.Context(), over); err != nil || g.Tasks != 0 {
				t.Errorf("then its wait is over: %+v, %v", g, err)
			}
			p.Leave()
			if len(d.lines) != 0 {
				t.Error("the line is still there")
			}
		})
	}
	t.Run("term over", func(t *testing.T) {
		d, lost := booking(t, rows.Queue{})
		p := d.Enter("q", []string{"a"}, 3, "ask")
		b := d.Book("q", []string{"a"})
		lost()
		if _, err := p.Await(t.Context(), over); err != ErrClosed {
			t.Errorf("got %v", err)
		}
		p.Leave()
		b[0].Answer("lease") // nobody hears it
	})
}
