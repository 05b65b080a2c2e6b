package sim

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Campaign runs worlds, one seed after another, until its time is over or one fails.
type Campaign struct {
	Seed    uint64        // of the first world
	Steps   int           // of one world
	For     time.Duration // 0 = one world for each worker
	Workers int           // worlds at a time, each on one goroutine
	Shrink  time.Duration // to be spent on making a failure smaller
	Out     string        // folder that failures are written to; empty = none
}

// Failure is a world that broke a promise.
type Failure struct {
	Seed      uint64
	Steps     []Step // shrunk
	Violation *Violation
	File      string // in Campaign.Out
}

// Found is what a campaign comes to.
type Found struct {
	Stats
	From, To uint64 // seeds of the first and of the last world
	Took     time.Duration
	CPU      time.Duration // of this process, all cores
	Failures []Failure
}

// Run runs the campaign. It stops early when ctx ends; an error is about writing a failure down.
func (c Campaign) Run(ctx context.Context) (found Found, err error) {
	began, cpu := time.Now(), cpuTime()
	var mu sync.Mutex
	next := c.Seed
	var workers sync.WaitGroup
	for range max(1, c.Workers) {
		workers.Go(func() {
			for first := true; ; first = false {
				mu.Lock()
				over := len(found.Failures) > 0 || ctx.Err() != nil || !first && time.Since(began) >= c.For
				seed := next
				if !over {
					next++
				}
				mu.Unlock()
				if over {
					return
				}
				steps := Schedule(seed, c.Steps, Nodes)
				stats, v := Run(steps)
				var f Failure
				if v != nil {
					f = Failure{Seed: seed}
					if f.Steps, f.Violation = Shrink(steps, c.Shrink); f.Violation == nil {
						f.Steps, f.Violation = steps, &Violation{v.Step, v.Why + " (and not again: it depends on when Pebble flushes)"}
					}
				}
				mu.Lock()
				found.Add(stats)
				if v != nil {
					found.Failures = append(found.Failures, f)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	found.From, found.To, found.Took, found.CPU = c.Seed, next-1, time.Since(began), cpuTime()-cpu
	for i := range found.Failures {
		if err == nil && c.Out != "" {
			err = found.Failures[i].write(c.Out)
		}
	}
	return found, err
}

// write keeps a failure as a file that jepsen/regress replays.
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
