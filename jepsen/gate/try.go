package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/load/all"
	"aion.dev/aion/jepsen/suite"
)

// Try is a combination that should reveal a bug in a cluster.
type Try struct {
	Workload string        // of the suite
	Faults   string        // as suite.Spec.Faults
	Length   time.Duration // of the part with faults; 0 = 8 s
	Rate     float64       // calls a second of one caller; 0 = 30
	Callers  int           // 0 = 8
	Flags    []string      // of every node
	Env      []string      // of every node
	Face     string        // as suite.Spec.Face
}

// Simulation stands in the place of a workload for the findings of the simulation of the state
// machine.
const Simulation = "sim"

func under(workload, faults string) Try { return Try{Workload: workload, Faults: faults} }

// busy is t with many callers that hardly wait.
func busy(t Try) Try { t.Rate, t.Callers = 200, 16; return t }

// dense is t with few callers that hardly wait: they have few objects, so they meet.
func dense(t Try) Try { t.Rate, t.Callers = 200, 3; return t }

// long is t with time for several faults.
func long(t Try) Try { t.Length = 16 * time.Second; return t }

// longer is t with time for slow faults.
func longer(t Try) Try { t.Length = 36 * time.Second; return t }

// hot is t with calls over the hot face alone.
func hot(t Try) Try { t.Face = "hot"; return t }

// tagged reports whether t names a fault that requires a binary built with -tags aionfaults.
func (t Try) tagged() bool {
	return slices.ContainsFunc(strings.Split(t.Faults, "+"), func(name string) bool {
		k, err := fault.Get(name)
		return err == nil && k.Tagged
	})
}

// unknown returns what t names that does not exist.
func (t Try) unknown() string {
	if _, err := all.New(t.Workload); err != nil {
		return "workload " + t.Workload
	}
	s := suite.Spec{Faults: t.Faults, Length: 10 * time.Second, Tagged: true, Certified: suite.NeedsCertificates(t.Faults)}
	if err := s.Plan(); err != nil {
		return "faults " + t.Faults
	}
	return ""
}

// Missing lists the unknown names in the bugs' tries: a gate that skipped them would pass for the
// wrong reason.
func Missing(bugs []Bug) (missing []string) {
	for _, b := range bugs {
		if len(b.Tries) == 0 && !b.Sim {
			missing = append(missing, b.Name+": nobody hunts it")
		}
		for _, t := range b.Tries {
			if what := t.unknown(); what != "" {
				missing = append(missing, b.Name+": "+what)
			}
		}
	}
	return missing
}

// Controls returns the combinations that caught something, each once and with the seed of a catch.
// Without a bug they must find nothing, or the catch proves nothing.
func Controls(bugs []Bug, rows []Row) (list []Seeded) {
	seen := map[string]bool{}
	for _, b := range bugs {
		i := slices.IndexFunc(rows, func(r Row) bool { return r.Bug == b.Name && r.Caught })
		if i < 0 {
			continue
		}
		for _, t := range b.Tries {
			if key := fmt.Sprint(t); rows[i].by(t) && !seen[key] {
				seen[key], list = true, append(list, Seeded{t, rows[i].Seed})
			}
		}
	}
	return list
}

// Seeded is a combination and the seed of one run of it.
type Seeded struct {
	Try
	Seed uint64
}

// by reports whether r is about runs of t.
func (r *Row) by(t Try) bool {
	return r.Workload == t.Workload && r.Faults == t.Faults && r.Callers == t.Callers && r.Rate == t.Rate
}
