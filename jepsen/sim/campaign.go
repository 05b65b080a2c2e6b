package sim

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Campaign runs worlds, one seed after another, until its time is over or too many have failed.
type Campaign struct {
	Seed    uint64        // of the first world
	Steps   int           // of one world; 0 = usually 1,000, and 5,000 for one world in twelve
	For     time.Duration // 0 = one world for each worker
	Workers int           // worlds at a time, each on one goroutine
	Most    int           // failures after which it stops; 0 = 1
	Shrink  time.Duration // time for making a failure smaller
	Out     string        // folder where failures are written at once; empty = none

	Progress io.Writer     // gets a line from time to time; nil = nobody
	Every    time.Duration // between lines; 0 = 10 s
}

// steps returns how many steps the world of a seed has. Short worlds do more in the same time,
// because what they hold stays small; some situations take many steps to arise.
func (c *Campaign) steps(seed uint64) int {
	switch {
	case c.Steps > 0:
		return c.Steps
	case seed%12 == 0:
		return 5000
	}
	return 1000
}

// Failure is a world that broke a promise.
type Failure struct {
	Seed      uint64
	Steps     []Step // after shrinking
	Violation *Violation
	File      string // in Campaign.Out
}

// Found is the result of a campaign.
type Found struct {
	Stats
	From, To uint64 // seeds of the first and of the last world
	Took     time.Duration
	CPU      time.Duration // of this process, all cores
	Failures []Failure
}

// Run runs the campaign. When ctx ends it finishes the worlds in progress, within seconds, and
// returns what was done. An error means that a failure could not be written.
func (c Campaign) Run(ctx context.Context) (found Found, err error) {
	began, cpu := time.Now(), cpuTime()
	var mu sync.Mutex
	next := c.Seed
	done := make(chan struct{})
	var workers, lines sync.WaitGroup
	lines.Go(func() { c.report(done, &mu, &found, began) })
	for range max(1, c.Workers) {
		workers.Go(func() {
			for first := true; ; first = false {
				mu.Lock()
				over := len(found.Failures) >= max(1, c.Most) || ctx.Err() != nil || !first && time.Since(began) >= c.For
				seed := next
				if !over {
					next++
				}
				mu.Unlock()
				if over {
					return
				}
				steps := Schedule(seed, c.steps(seed), Nodes)
				stats, v := Run(steps)
				var f Failure
				if v != nil {
					f = Failure{Seed: seed}
					patience, over := context.WithTimeout(ctx, c.Shrink)
					if f.Steps, f.Violation = Shrink(patience, steps); f.Violation == nil {
						f.Steps, f.Violation = steps, &Violation{v.Step, v.Why + " (but not again: it depends on when Pebble flushes)"}
					}
					over()
				}
				mu.Lock()
				found.Add(stats)
				if v != nil {
					if c.Out != "" {
						err = errors.Join(err, f.write(c.Out))
					}
					found.Failures = append(found.Failures, f)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	close(done)
	lines.Wait()
	found.From, found.To, found.Took, found.CPU = c.Seed, next-1, time.Since(began), cpuTime()-cpu
	return found, err
}

// report prints the campaign's progress until done is closed.
func (c *Campaign) report(done chan struct{}, mu *sync.Mutex, found *Found, began time.Time) {
	if c.Progress == nil {
		return
	}
	tick := time.NewTicker(cmp.Or(c.Every, 10*time.Second))
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		mu.Lock()
		worlds, steps, failures := found.Worlds, found.Steps, len(found.Failures)
		mu.Unlock()
		took := time.Since(began)
		fmt.Fprintf(c.Progress, "%s: %d worlds, %d steps (%.0f a second), %d failed\n", took.Round(time.Second), worlds, steps, float64(steps)/took.Seconds(), failures)
	}
}

// write stores a failure as a file that jepsen/regress replays.
func (f *Failure) write(dir string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# seed %d\n", f.Seed)
	for line := range bytes.Lines([]byte(f.Violation.Error())) {
		fmt.Fprintf(&b, "# %s\n", bytes.TrimRight(line, "\n"))
		if b.Len() > 4<<10 {
			break
		}
	}
	if err := WriteSteps(&b, f.Steps); err != nil {
		return err
	}
	f.File = filepath.Join(dir, fmt.Sprintf("seed-%d.sim", f.Seed))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep a failure: %w", err)
	}
	if err := os.WriteFile(f.File, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("keep a failure: %w", err)
	}
	return nil
}
