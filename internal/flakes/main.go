// Command flakes runs every quick test again and again on a busy machine, and prints which tests
// failed how often.
//
// It decides which tests are quick (from one round of all of them), how busy the machine is, and
// what a failure is: of a test, or of a package whose tests all passed. It does not explain
// failures, but keeps the output of each failed round. Begin with hunt in this file, then round.go
// (one run of one package's tests) and tally.go (the results).
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

type options struct {
	length   time.Duration // of the hunt after the first round
	quick    time.Duration // the longest time that a quick test took in the first round
	patience time.Duration // for one round of one package
	first    time.Duration // for the first round, which includes slow tests
	rounds   int           // of all packages, at most; 0 = until the time is over
	load     int           // goroutines that only compute
	parallel int           // packages tested at a time
	run      string        // a pattern of tests to run
	out      string        // folder for the output of rounds that failed
}

func main() {
	var o options
	flag.DurationVar(&o.length, "for", 10*time.Minute, "how long to hunt, after one round of all tests")
	flag.DurationVar(&o.quick, "quick", 2*time.Second, "what a test may take to be run again")
	flag.DurationVar(&o.patience, "patience", 3*time.Minute, "how long the quick tests of one package may take")
	flag.DurationVar(&o.first, "first", 10*time.Minute, "how long all tests of one package may take")
	flag.IntVar(&o.rounds, "rounds", 0, "how often to run them at most; 0 = until the time is over")
	flag.IntVar(&o.load, "load", runtime.NumCPU(), "goroutines that keep the processors busy meanwhile")
	flag.IntVar(&o.parallel, "parallel", 2, "packages tested at a time")
	flag.StringVar(&o.run, "run", ".", "only tests whose name matches this expression")
	flag.StringVar(&o.out, "out", "flakes-out", "folder for the output of rounds that failed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	t, err := hunt(ctx, o, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "flakes:", err)
		os.Exit(2)
	}
	if t.print(os.Stdout); t.failures() > 0 {
		fmt.Printf("\nThe output of each round that failed is in %s.\n", o.out)
		os.Exit(1)
	}
}

func hunt(ctx context.Context, o options, patterns []string) (*tally, error) {
	dir, err := os.MkdirTemp("", "flakes-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	packages, err := build(ctx, dir, patterns)
	if err != nil {
		return nil, err
	}
	t := newTally()
	for i := range packages {
		p := &packages[i]
		r, err := p.round(ctx, o.run, o.first, 0)
		if err != nil {
			return nil, err
		}
		t.add(p.name, r)
		o.keep(p.name, r)
		p.quick = r.quick(o.quick)
		fmt.Fprintf(os.Stderr, "%-40s %4d of %4d tests are quick\n", p.name, len(p.quick), len(r.tests))
	}

	limited, cancel := context.WithTimeout(ctx, o.length)
	defer cancel()
	for range o.load {
		go spin(limited)
	}
	work := make(chan *pkg)
	var wg sync.WaitGroup
	for range o.parallel {
		wg.Go(func() {
			for p := range work {
				name := "^(" + strings.Join(p.quick, "|") + ")$"
				// With one processor, goroutines run in another order than with many.
				r, err := p.round(limited, name, o.patience, 1<<rand.IntN(3))
				if err != nil {
					continue // cut short by the end of the hunt
				}
				t.add(p.name, r)
				o.keep(p.name, r)
			}
		})
	}
	for n := 0; limited.Err() == nil && len(packages) > 0 && (o.rounds == 0 || n < o.rounds*len(packages)); n++ {
		if n%len(packages) == 0 {
			rand.Shuffle(len(packages), func(i, j int) { packages[i], packages[j] = packages[j], packages[i] })
		}
		p := packages[n%len(packages)]
		if len(p.quick) == 0 {
			continue
		}
		select {
		case work <- &p:
		case <-limited.Done():
		}
	}
	close(work)
	wg.Wait()
	return t, ctx.Err()
}

// keep stores the output of a failed round.
func (o options) keep(name string, r result) {
	if !r.failed() {
		return
	}
	file := fmt.Sprintf("%s-%d.txt", strings.ReplaceAll(name, "/", "_"), time.Now().UnixNano())
	if err := os.MkdirAll(o.out, 0o777); err != nil {
		fmt.Fprintln(os.Stderr, "flakes:", err)
		return
	}
	if err := os.WriteFile(filepath.Join(o.out, file), r.output, 0o666); err != nil {
		fmt.Fprintln(os.Stderr, "flakes:", err)
	}
}

// spin keeps a processor busy until ctx ends.
func spin(ctx context.Context) {
	for ctx.Err() == nil {
	}
}
