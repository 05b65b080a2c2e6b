package suite

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/all"
	"aion.dev/aion/jepsen/nodes"
	"aion.dev/aion/jepsen/op"
)

// Options are the same for all runs.
type Options struct {
	Binary string // aion-node
	// the same, built with -tags aionfaults, for runs that are Tagged; empty = Binary is built that
	// way
	Faulty string
	Other  string // aion-node of another commit, for runs that are Mixed
	Dir    string // each run gets a folder in it
	Commit string // of Binary, for reports
	Keep   bool   // keep data and logs of runs that passed, too
}

// binary returns the nodes' binary for a run.
func (o *Options) binary(s *Spec) string {
	if s.Tagged && o.Faulty != "" {
		return o.Faulty
	}
	return o.Binary
}

// patience is how long a healed cluster may take to answer again, and then to finish what was
// acknowledged.
const patience = 60 * time.Second

// Run makes one run. The Result is complete in any case; its Error means that there is no verdict.
func Run(ctx context.Context, o Options, s Spec) *Result {
	if s.Face == "" {
		s.Face = load.Faces[s.Seed%uint64(len(load.Faces))]
	}
	res := &Result{Spec: s, Commit: o.Commit, Started: time.Now().UTC(), Counts: map[string]int{}, Machine: here()}
	res.Dir = o.folder(s)
	if err := os.RemoveAll(res.Dir); err != nil {
		res.Error = err.Error()
		return res
	}
	if err := run(ctx, o, s, res); err != nil {
		res.Error = err.Error()
	}
	res.Took = time.Since(res.Started)
	res.Machine.Load[1] = loadAverage()
	if err := res.save(); err != nil && res.Error == "" {
		res.Error = err.Error()
	}
	if res.Passed() && !o.Keep {
		prune(res.Dir)
	}
	return res
}

// token is the secret by which the suite itself calls nodes that ask for tokens.
func token(workload string) string {
	if !all.NeedsTokens(workload) {
		return ""
	}
	return "the-suite-itself-0123456789"
}

// settingNodes is a workload that needs settings of nodes, as variables. Files go into dir.
type settingNodes interface {
	Settings(dir string) ([]string, error)
}

func run(ctx context.Context, o Options, s Spec, res *Result) error {
	if err := cmp.Or(s.Check(), o.fits(&s)); err != nil {
		return err
	}
	w, err := all.New(s.Workload)
	if err != nil {
		return err
	}
	if c, ok := w.(io.Closer); ok {
		defer c.Close() // it has processes of its own
	}
	if err := os.MkdirAll(res.Dir, 0o755); err != nil {
		return err
	}
	var settings []string
	if set, ok := w.(settingNodes); ok && !s.Mixed { // older builds do not know what it sets
		if settings, err = set.Settings(res.Dir); err != nil {
			return err
		}
	}
	lap := res.laps()
	booting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := nodes.Start(booting, nodes.Config{Binary: o.binary(&s), Other: o.Other, Dir: res.Dir, Nodes: s.Nodes, Flags: s.Flags, Env: slices.Concat(s.Env, settings), Hold: s.Mixed && s.Seed%2 == 0, Seed: s.Seed, Tagged: s.Tagged, Netns: s.Netns, TLS: s.Certified, Token: token(s.Workload)})
	if err != nil {
		return fmt.Errorf("start the cluster: %w", err)
	}
	defer c.Close()
	lap("start")
	rec, err := op.Record(filepath.Join(res.Dir, "history.jsonl"))
	if err != nil {
		return err
	}
	defer rec.Close()
	e, err := load.NewEnv(c, rec, res.Dir, s.Seed, s.Face, s.Concurrency, s.Rate)
	if err != nil {
		return err
	}
	if err := w.Setup(booting, e); err != nil {
		return fmt.Errorf("set %s up: %w", s.Workload, err)
	}
	lap("set up")
	before := map[string]size{}
	for _, n := range c.Nodes() {
		before[n.Name], _ = sizeOf(ctx, n)
	}
	watch := watchCluster(ctx, c)

	working, stop := context.WithTimeout(ctx, s.Length)
	defer stop()
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		w.Run(working, e)
	}()
	res.Done = s.Schedule.Run(working, c, rec.Since)
	<-worked
	if err := ctx.Err(); err != nil {
		watch.end()
		return err
	}

	lap("faults")
	until := rec.Since()
	c.Links.Heal()
	// workloads end earlier, when nothing makes progress any more
	settling, cancel := context.WithTimeout(ctx, 10*patience)
	defer cancel()
	recovery := 2 * patience
	if slices.ContainsFunc(res.Done, func(d fault.Done) bool { return strings.Contains(d.Error, fault.Broken) }) {
		recovery = patience / 4 // a broken cluster may well not recover, and is already reported
	}
	recovering, cancel := context.WithTimeout(settling, recovery)
	defer cancel()
	found := load.Violation{Checker: Recovery}
	var probed []int64
	if err := c.AwaitReady(recovering); err != nil {
		found.What = "the healed cluster is not ready: " + err.Error()
	} else if probed, err = probe(recovering, e); err != nil {
		found.What = "the healed cluster acknowledges no change: " + err.Error()
	} else if err := w.Resolve(settling, e); err != nil {
		found.What = "the healed cluster did not finish: " + err.Error()
	}
	lap("settle")
	if found.What != "" {
		res.Violations = append(res.Violations, found)
	}
	res.Violations = append(res.Violations, watch.end()...)
	if found.What == "" {
		growth, grew := grown(settling, c, before)
		res.Growth, res.Violations = growth, append(res.Violations, grew...)
	}
	lap("look")
	for _, why := range c.Dead() {
		res.Violations = append(res.Violations, load.Violation{Checker: "process", What: why})
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ops := rec.Ops()
	if found.What == "" { // without known outcomes the history cannot be judged
		res.Violations = append(res.Violations, w.Check(ops)...)
	}
	if !s.Mixed { // builds before this one keep no audit log
		res.Violations = append(res.Violations, audited(c.Nodes(), ops)...)
	}
	lap("check")
	res.draw()
	res.measure(ops, until, probed...)
	res.Violations = append(res.Violations, res.judge(ops)...)
	return res.saveEDN(ops)
}

// laps returns a function that records how long the part of the run took that has just ended.
func (r *Result) laps() func(part string) {
	last := time.Now()
	return func(part string) {
		now := time.Now()
		r.Parts = append(r.Parts, Part{part, now.Sub(last)})
		last = now
	}
}

func (r *Result) save() error {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.Dir, "result.json"), b, 0o644)
}

func (r *Result) saveEDN(ops []op.Op) error {
	f, err := os.Create(filepath.Join(r.Dir, "history.edn"))
	if err != nil {
		return err
	}
	defer f.Close()
	return op.WriteEDN(f, ops)
}

// draw writes drawings of the violations that have one.
func (r *Result) draw() {
	for i := range r.Violations {
		v := &r.Violations[i]
		if v.Draw == nil {
			continue
		}
		name := fmt.Sprintf("violation-%d.html", i+1)
		if err := v.Draw(filepath.Join(r.Dir, name)); err == nil {
			v.Shown = name
		}
	}
}

// prune leaves only the result and the compressed history of a run that passed.
func prune(dir string) {
	op.Compress(filepath.Join(dir, "history.jsonl")) // if this fails, it stays as it is
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		switch e.Name() {
		case "result.json", "history.jsonl", "history.jsonl.gz":
		default:
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}
