package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Verdict is everything that a gate found: gate.json.
type Verdict struct {
	Commit   string `json:"commit"`
	Bugs     []Row  `json:"bugs"`
	Controls []Row  `json:"controls"` // without a bug
	Plain    []Odds `json:"plain,omitempty"`
}

// Passed reports whether every bug was caught and nothing was found without one.
func (v *Verdict) Passed() bool {
	return !slices.ContainsFunc(v.Bugs, func(r Row) bool { return !r.Found() }) && !slices.ContainsFunc(v.Controls, func(r Row) bool { return r.Found() || len(r.Errors) > 0 })
}

// Put stores a row, replacing the one about the same bug or combination. The newest result counts,
// even if the bug was caught before and not this time.
func (v *Verdict) Put(r Row) {
	list, same := &v.Bugs, func(o Row) bool { return o.Bug == r.Bug }
	if r.Bug == "" {
		list, same = &v.Controls, func(o Row) bool {
			return o.Workload == r.Workload && o.Faults == r.Faults && o.Callers == r.Callers && o.Rate == r.Rate
		}
	}
	if i := slices.IndexFunc(*list, same); i >= 0 {
		(*list)[i] = r
		return
	}
	*list = append(*list, r)
}

// Read reads a verdict written by Save; a missing one is empty.
func Read(path string) (v Verdict, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return v, err
}

// Save writes the verdict.
func (v *Verdict) Save(path string) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// Markdown writes the table of the report.
func (v *Verdict) Markdown(w io.Writer) error {
	found, clusters, sim, asked := 0, 0, 0, 0
	for _, r := range v.Bugs {
		found += one(r.Found())
		clusters += one(r.Caught)
		sim += one(r.Sim != nil && r.Sim.Caught)
		asked += one(r.Sim != nil)
	}
	p := printer{w: w}
	clean, broken := 0, 0
	for _, r := range v.Controls {
		broken += one(r.Found())
		clean += one(!r.Found() && len(r.Errors) == 0)
	}
	p.linef("Build %s.\n", v.Commit)
	p.linef("%d of %d planted bugs were caught: %d by clusters, and %d of the %d that the simulation was asked about by it, too.", found, len(v.Bugs), clusters, sim, asked)
	if len(v.Controls) > 0 {
		p.linef("The same build without a bug was run under %d of the same combinations: %d passed, %d did not.", len(v.Controls), clean, broken)
	}
	p.linef("\"liveness\" says that only a symptom showed the bug: something did not happen in time. The last column is how many runs of a campaign that knows of no bug caught it: the same draws for each, of all workloads and sets of faults.")
	p.linef("")
	p.linef("| bug | what is wrong | caught by a cluster | after | runs | operations | what was found | caught by the simulation | by the plain campaign |")
	p.linef("|---|---|---|---|---|---|---|---|---|")
	for _, r := range v.Bugs {
		by, sim := "**no**", "not asked"
		if r.Caught {
			by = fmt.Sprintf("%s: workload %s, faults %s, seed %d", r.Checker, r.Workload, r.Faults, r.Seed)
			if r.Liveness {
				by = "liveness, " + by
			}
		}
		if r.Sim != nil {
			sim = "**no**"
			if r.Sim.Caught {
				sim = fmt.Sprintf("after %s, world %d: %s", r.Sim.Took.Round(100*time.Millisecond), r.Sim.Seed, cell(r.Sim.Violation))
			}
		}
		p.linef("| %s | %s | %s | %s | %d | %d | %s | %s | %s |", r.Bug, r.What, by, r.Took.Round(time.Second), r.Runs, r.Ops, cell(r.Violation), sim, v.oddsOf(r.Bug))
	}
	for _, r := range v.Controls {
		switch {
		case r.Caught:
			p.linef("\nWithout a bug, %s under %s (seed %d) was found at fault by %s: %s", r.Workload, r.Faults, r.Seed, r.Checker, r.Violation)
		case r.Found():
			p.linef("\nWithout a bug, world %d of the simulation failed: %s", r.Sim.Seed, r.Sim.Violation)
		case len(r.Errors) > 0:
			p.linef("\nWithout a bug, %s under %s could not be run: %s", r.Workload, r.Faults, r.Errors[0])
		}
	}
	return p.err
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) linef(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
