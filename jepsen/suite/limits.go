package suite

import (
	"fmt"
	"math"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/all"
)

// Check refuses a Spec that makes no run, or one that proves nothing: a run without callers or time
// would pass. Its error names the field and its limits.
func (s *Spec) Check() error {
	if _, err := all.New(s.Workload); err != nil {
		return err
	}
	switch {
	case s.Nodes < 3 || s.Nodes > 5:
		return fmt.Errorf("nodes is %d; 3 to 5 are possible", s.Nodes)
	case s.Length < time.Second || s.Length > time.Hour:
		return fmt.Errorf("length is %s; 1s to 1h are possible", s.Length)
	case s.Concurrency < 1 || s.Concurrency > 1000:
		return fmt.Errorf("concurrency is %d; 1 to 1000 are possible", s.Concurrency)
	case math.IsNaN(s.Rate) || s.Rate < 0 || s.Rate > 10_000:
		return fmt.Errorf("rate is %g; 0 to 10000 calls a second are possible", s.Rate)
	case s.Face != "" && !slices.Contains(load.Faces, s.Face):
		return fmt.Errorf("face is %q; %q are possible", s.Face, load.Faces)
	}
	return nil
}

// check refuses a campaign that makes no run; its runs are checked separately.
func (c *Campaign) check() error {
	switch {
	case c.Runs < 1 || c.Runs > 100_000:
		return fmt.Errorf("runs is %d; 1 to 100000 are possible", c.Runs)
	case c.Parallel < 1 || c.Parallel > 64:
		return fmt.Errorf("parallel is %d; 1 to 64 are possible", c.Parallel)
	case len(c.Workloads) == 0 || len(c.Families) == 0:
		return fmt.Errorf("there are %d workloads and %d sets of faults; at least one of each is needed", len(c.Workloads), len(c.Families))
	case c.Most < c.Least:
		return fmt.Errorf("most is %s, less than least, %s", c.Most, c.Least)
	}
	return nil
}
