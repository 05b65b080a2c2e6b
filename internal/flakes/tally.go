package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
)

// tally counts how often each test ran and failed.
type tally struct {
	mu     sync.Mutex // guards the fields below
	counts map[name]*count
}

type name struct{ pkg, test string }

type count struct{ runs, failed, stuck int }

// whole stands for a package whose tests passed but whose process failed: it leaked a goroutine, or
// panicked between two tests.
const whole = "(the package)"

func newTally() *tally { return &tally{counts: make(map[name]*count)} }

func (t *tally) add(pkg string, r result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	blamed := false
	for test, had := range r.tests {
		c := t.of(name{pkg, test})
		switch had.verdict {
		case skipped:
			continue
		case failed:
			c.failed++
			blamed = true
		case running:
			c.stuck++
			blamed = true
		}
		c.runs++
	}
	c := t.of(name{pkg, whole})
	if c.runs++; r.failed() && !blamed {
		c.failed++
	}
}

// of returns the count of a test. The caller holds mu.
func (t *tally) of(n name) *count {
	if t.counts[n] == nil {
		t.counts[n] = &count{}
	}
	return t.counts[n]
}

func (t *tally) failures() (n int) {
	for _, c := range t.counts {
		n += c.failed + c.stuck
	}
	return n
}

// print lists the tests that failed, the most frequent first, and how much was run.
func (t *tally) print(w io.Writer) {
	runs, tests := 0, 0
	var bad []name
	for n, c := range t.counts {
		if n.test != whole {
			runs += c.runs
			tests++
		}
		if c.failed+c.stuck > 0 {
			bad = append(bad, n)
		}
	}
	slices.SortFunc(bad, func(a, b name) int {
		x, y := t.counts[a], t.counts[b]
		return cmp.Or(
			cmp.Compare((y.failed+y.stuck)*x.runs, (x.failed+x.stuck)*y.runs),
			cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.test, b.test))
	})
	fmt.Fprintf(w, "%d tests ran %d times; %d of them failed.\n", tests, runs, len(bad))
	for _, n := range bad {
		c := t.counts[n]
		fmt.Fprintf(w, "%6d of %5d  %s %s", c.failed+c.stuck, c.runs, n.pkg, n.test)
		if c.stuck > 0 {
			fmt.Fprintf(w, " (%d did not end)", c.stuck)
		}
		fmt.Fprintln(w)
	}
}
