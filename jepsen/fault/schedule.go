package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

// Item is one fault of a schedule.
type Item struct {
	At   time.Duration `json:"at"`  // since the schedule began
	For  time.Duration `json:"for"` // until it is mended
	Name string        `json:"name"`
	Seed uint64        `json:"seed"` // of its random choices
}

// Schedule is the faults of one run, in order of At. Items may overlap: that is how pairs of faults
// meet.
type Schedule []Item

// Plan makes a schedule for a run: faults of the given names, one after another, with pauses in
// which the cluster may recover. With pairs, every second one begins while another lasts. Most last
// about as long as it takes to lose a leader; one in seven lasts any time that its kind allows and
// the run has.
func Plan(seed uint64, names []string, length time.Duration, pairs bool) Schedule {
	r := rand.New(rand.NewPCG(seed, 77))
	var s Schedule
	for at := firstFault; at < length-lastFault; {
		item := func(at time.Duration) Item {
			k := kinds[names[r.IntN(len(names))]]
			return Item{At: at, For: min(lasts(r, k, length), length-at), Name: k.Name, Seed: r.Uint64()}
		}
		one := item(at)
		s = append(s, one)
		end := one.At + one.For
		if pairs {
			two := item(one.At + time.Duration(r.Int64N(int64(one.For)+1)))
			s = append(s, two)
			end = max(end, two.At+two.For)
		}
		at = end + leastPause + time.Duration(r.Int64N(int64(morePause)))
	}
	return s
}

// When the first fault of a run begins, how long before the end of its faults the last one may, and
// the pauses between two. Some pauses are shorter than an election; others are long enough for a
// healthy cluster to be used.
const (
	firstFault = 500 * time.Millisecond
	lastFault  = time.Second
	leastPause = 300 * time.Millisecond
	morePause  = 2300 * time.Millisecond
)

// usual is by how much a fault usually exceeds its minimal duration, at most.
const usual = 1500 * time.Millisecond

// lasts draws how long a fault lasts. No fault takes more than two thirds of a run.
func lasts(r *rand.Rand, k Kind, length time.Duration) time.Duration {
	most := min(k.Max, k.Min+usual)
	if r.IntN(7) == 0 {
		most = min(k.Max, length*2/3)
	}
	if most <= k.Min {
		return k.Min
	}
	return k.Min + time.Duration(r.Int64N(int64(most-k.Min)))
}

// Done is the outcome of one item.
type Done struct {
	Item
	Did   string `json:"did"`
	Begin int64  `json:"begin"`          // nanoseconds since the run began, as in histories
	Over  int64  `json:"over,omitempty"` // when its time was over and mending began
	End   int64  `json:"end"`            // when it was mended
	Error string `json:"error,omitempty"`

	Away []Away `json:"away,omitempty"` // nodes that an orderly fault stopped, and when

	// for an orderly fault that met no other: the longest time without an acknowledged change, as
	// the suite measures it
	Pause time.Duration `json:"pause,omitempty"`
}

// Struck reports whether the fault did anything: the run may have ended before its time, or it may
// have found nothing to do.
func (d *Done) Struck() bool { return d.End > 0 && d.Did != "" && !strings.HasPrefix(d.Did, Nothing) }

// Nothing begins the description of a fault that did nothing.
const Nothing = "nothing:"

// idle is the error of a mend that finds out that its fault did nothing.
type idle struct{ why string }

func (i *idle) Error() string { return Nothing + " " + i.why }

// Run executes a schedule and returns when everything is mended. since returns the time of the run
// in nanoseconds. When ctx ends, active faults are mended at once.
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
			begun, leave := companyOf(c).enter()
			defer leave()
			gone := &absences{since: since}
			did, mend, err := kinds[item.Name].Begin(context.WithValue(ctx, absencesKey{}, gone), c, rand.New(rand.NewPCG(item.Seed, 5)))
			d.Did = did
			begun(did != "" && !strings.HasPrefix(did, Nothing))
			wait(ctx, item.For)
			d.Over = since()
			if mend != nil {
				mending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
				defer cancel()
				err = errors.Join(err, mend(mending))
			}
			d.End, d.Away = since(), gone.list
			var nothing *idle
			switch {
			case errors.As(err, &nothing):
				d.Did = nothing.Error()
			case err != nil:
				d.Error = err.Error()
			}
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
