package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/all"
)

// Campaign is many runs that fill the matrix of workloads and faults evenly: every workload under
// every family alone, and under random pairs of any faults.
type Campaign struct {
	Options
	Runs        int
	Seed        uint64
	For         time.Duration // after this time no run begins; 0 = until all are made
	Workloads   []string
	Families    []string // "pairs" and "none" too
	Parallel    int
	Least, Most time.Duration // of the part under faults; every twelfth run is long instead
	Concurrency int
	Rate        float64 // of a caller, for a workload with density 1
	Flags       []string
	// the family netns, and every third run of pairs, uses network namespaces
	Netns bool
	// called after each run; not fresh: it existed already. Calls do not overlap
	Tell func(done, of int, r *Result, fresh bool)
	// called for each workload that this machine lacks something for, before any run: its runs are
	// not made
	Skip func(workload string, why error)
}

// long is the part under faults of every twelfth run: enough for the longest faults, such as 30 s
// of SIGSTOP.
const long = 50 * time.Second

// Specs lists the runs, always the same for one campaign, so that it can be interrupted and
// continued.
func (c *Campaign) Specs() ([]Spec, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(c.Seed, 3))
	var specs []Spec
	for i := range c.Runs {
		round := i / len(c.Workloads)
		s := Spec{
			Seed:        c.Seed + uint64(i),
			Workload:    c.Workloads[i%len(c.Workloads)],
			Faults:      c.Families[round%len(c.Families)],
			Nodes:       3,
			Length:      c.Least,
			Concurrency: c.Concurrency,
			Rate:        c.Rate * all.Density(c.Workloads[i%len(c.Workloads)]),
			Flags:       c.Flags,
		}
		s.Tagged = NeedsTags(s.Faults) || c.Faulty != "" && s.Faults == "pairs" && (round+i)%2 == 0
		s.Mixed, s.Certified = NeedsOther(s.Faults), NeedsCertificates(s.Faults)
		s.Netns = c.Netns && (s.Faults == "netns" || s.Faults == "pairs" && (round+i)%3 == 0)
		switch {
		case r.IntN(12) == 0 && c.Most > c.Least && s.Faults != "none":
			s.Length = long
			s.Rate /= 2
		case c.Most > c.Least:
			s.Length += time.Duration(r.Int64N(int64(c.Most - c.Least))).Round(time.Second)
		}
		if r.IntN(6) == 0 {
			s.Nodes = 5
		}
		if err := s.Check(); err != nil {
			return nil, err
		}
		if err := s.Plan(); err != nil {
			return nil, err
		}
		specs = append(specs, s)
	}
	return specs, nil
}

// Lacks says what this machine lacks to make runs of a workload with a binary.
func Lacks(ctx context.Context, binary, workload string) error {
	w, err := all.New(workload)
	if l, ok := w.(load.Lacking); ok && err == nil {
		return l.Lacks(ctx, binary)
	}
	return err
}

// possible leaves out the runs that this machine lacks something for.
func (c *Campaign) possible(ctx context.Context, specs []Spec) []Spec {
	lacking := map[string]bool{}
	for _, name := range c.Workloads {
		if err := Lacks(ctx, c.Binary, name); err != nil && ctx.Err() == nil {
			lacking[name] = true
			if c.Skip != nil {
				c.Skip(name, err)
			}
		}
	}
	return slices.DeleteFunc(specs, func(s Spec) bool { return lacking[s.Workload] })
}

// Run makes the runs that are not in Dir yet, and returns all results, including earlier ones.
func (c *Campaign) Run(ctx context.Context) ([]*Result, error) {
	specs, err := c.Specs()
	if err != nil {
		return nil, err
	}
	for i := range specs { // before anything is run
		if err := c.fits(&specs[i]); err != nil {
			return nil, err
		}
	}
	specs = c.possible(ctx, specs)
	results, began := make([]*Result, len(specs)), time.Now()
	var mu sync.Mutex
	next, done := 0, 0
	var all sync.WaitGroup
	for range c.Parallel {
		all.Go(func() {
			for ctx.Err() == nil && (c.For == 0 || time.Since(began) < c.For) {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(specs) {
					return
				}
				r, err := Load(c.folder(specs[i]))
				fresh := err != nil || r.Error != "" || !reflect.DeepEqual(r.Schedule, specs[i].Schedule)
				if fresh {
					r = Run(ctx, c.Options, specs[i])
				}
				mu.Lock()
				results[i] = r
				done++
				if c.Tell != nil {
					c.Tell(done, len(specs), r, fresh)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return slices.DeleteFunc(results, func(r *Result) bool { return r == nil }), ctx.Err()
}

// folder returns where the run of a Spec leaves its files.
func (o *Options) folder(s Spec) string {
	return filepath.Join(o.Dir, fmt.Sprintf("%s-%s-%x", s.Workload, s.Faults, s.Seed))
}

// Load reads the result in a run's folder.
func Load(dir string) (*Result, error) {
	b, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		return nil, err
	}
	r := new(Result)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	r.Dir = dir
	return r, nil
}

// LoadAll reads the results of all runs below a folder, by time.
func LoadAll(dir string) ([]*Result, error) {
	found, err := filepath.Glob(filepath.Join(dir, "*", "result.json"))
	if err != nil {
		return nil, err
	}
	var results []*Result
	for _, path := range found {
		r, err := Load(filepath.Dir(path))
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	slices.SortFunc(results, func(a, b *Result) int { return a.Started.Compare(b.Started) })
	return results, nil
}

// EverySet lists the sets of faults of a campaign: none, all families except certificates and
// upgrade, and pairs. Without a tagged binary it leaves out those that need one, and without
// namespaces it leaves out netns.
func EverySet(tagged, namespaces bool) []string {
	sets := []string{"none"}
	for _, family := range fault.Families() {
		if family == "certificates" { // nor does every workload have callers that trust them
			continue
		}
		if len(kindsCalled(family, false)) > 0 && (tagged || !NeedsTags(family)) && (namespaces || family != "netns") && !NeedsOther(family) {
			sets = append(sets, family)
		}
	}
	return append(sets, "pairs")
}
