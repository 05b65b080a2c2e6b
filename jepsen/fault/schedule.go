package fault

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

// Item is one fault of a schedule.
type Item struct {
	At   time.Duration `json:"at"`  // since the schedule began
	For  time.Duration `json:"for"` // until it is mended
	Name string        `json:"name"`
	Seed uint64        `json:"seed"` // of its choices
}

// Schedule is what goes wrong in one run, in order of At. Items may overlap: that is how pairs of faults meet.
type Schedule []Item

// Plan makes a schedule for a run: faults of the given names, one after another with pauses in which the cluster may recover; with pairs, every second one
// begins while another lasts.
func Plan(seed uint64, names []string, length time.Duration, pairs bool) Schedule {
	r := rand.New(rand.NewPCG(seed, 77))
	var s Schedule
	at := time.Second
	for at < length-2*time.Second {
		item := func(at time.Duration) Item {
			k := kinds[names[r.IntN(len(names))]]
			last := k.Min
			if k.Max > k.Min {
				last += time.Duration(r.Int64N(int64(k.Max - k.Min)))
			}
			return Item{At: at, For: min(last, length-at), Name: k.Name, Seed: r.Uint64()}
		}
		one := item(at)
		s = append(s, one)
		end := one.At + one.For
		if pairs {
			two := item(one.At + time.Duration(r.Int64N(int64(one.For)+1)))
			s = append(s, two)
			end = max(end, two.At+two.For)
		}
		at = end + 500*time.Millisecond + time.Duration(r.Int64N(int64(2*time.Second)))
	}
	return s
}

// Done is what became of one item.
type Done struct {
	Item
	Did   string `json:"did"`
	Begin int64  `json:"begin"` // nanoseconds since the run began, as in histories
	End   int64  `json:"end"`   // mended
	Error string `json:"error,omitempty"`
}

// Run carries a schedule out and returns when everything is mended. Since tells the time of the run in nanoseconds. When ctx ends, what has begun is mended at once.
func (s Schedule) Run(ctx context.Context, c *nodes.Cluster, since func() int64) []Done {
	began := time.Now()
	done := make([]Done, len(s))
	var all sync.WaitGroup
	for i, item := range s {
		all.Go(func() {
			done[i] = Done{Item: item, Did: "not begun"}
			if !wait(ctx, time.Until(began.Add(item.At))) {
				return
			}
			d := &done[i]
			d.Begin = since()
			did, mend, err := kinds[item.Name].Fault.Begin(ctx, c, rand.New(rand.NewPCG(item.Seed, 5)))
			if d.Did = did; err != nil {
				d.Error = err.Error()
			}
			wait(ctx, item.For)
			if mend != nil {
				mending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
				defer cancel()
				if err := mend(mending); err != nil {
					d.Error = err.Error()
				}
			}
			d.End = since()
		})
	}
	all.Wait()
	return done
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
