package fsm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// dearestToo are other entries, of kinds of which more than one is dear.
var dearestToo = map[string]func(w *world) []Command{
	"continue over a full mailbox": func(w *world) []Command { // never carried before: every signal is looked at
		w.mailFor("run", 10_000, 6_400)
		return []Command{w.continues("run", even)}
	},
	"continue over a full mailbox that lies in pieces": func(w *world) []Command { // carried before, and half of it read
		w.mailFor("run", 10_000, 6_400)
		w.do(w.continues("run", all))
		return []Command{w.continues("run", even)}
	},
	"pause the runs of what is stopped": func(w *world) []Command {
		w.s.cfg.Check = nil
		for i := range EntryBudget / 8 {
			w.do(&StartRun{WorkflowID: fmt.Sprint("run", i), RunID: w.mint(), Type: "a", Timeout: 1e9})
		}
		return []Command{&Continue{Job: w.do(&StopRuns{Type: "a", Reason: strings.Repeat("x", maxText)}).(*StopAnswer).Job}}
	},
	"close the last runs of as many ephemeral versions as there may be": func(w *world) (all []Command) {
		w.s.cfg.Check = nil
		for i := range MaxEphemeral {
			id := fmt.Sprint("e", i)
			w.do(&StartPackage{Package: pack(id, "a", "b"), Start: StartRun{WorkflowID: id, RunID: w.mint(), Type: "a"}, Ephemeral: true})
			all = append(all, &TerminateRun{Run: RunRef{WorkflowID: id}, Reason: strings.Repeat("x", maxText)})
		}
		return all
	},
	"load what as many keys have signed as may be": func(w *world) (all []Command) {
		fullPolicy(w)
		for i := range 1024 {
			all = append(all, fullySigned(fmt.Sprint("s", i), MaxSignatures))
		}
		return all
	},
	"deploy as many types as may be, with as many signatures": func(w *world) []Command {
		fullPolicy(w)
		c := &Deploy{Message: strings.Repeat("x", maxText)}
		for i := range MaxChangedTypes / catalog.MaxMembers {
			load := fullySigned(fmt.Sprint("d", i), MaxSignatures)
			load.Route = true
			c.Changes = append(c.Changes, Change{Load: load})
		}
		for i := len(c.Changes); i < MaxDeploySignatures/MaxSignatures; i++ {
			load := signedBy(pack(fmt.Sprint("e", i), fmt.Sprint("u", i)), "1", "2", "3", "4", "5", "6", "7", "8")
			c.Changes = append(c.Changes, Change{Load: load})
		}
		for i := range c.Changes[:MaxChangedTypes/catalog.MaxMembers] {
			c.Changes[i].Load.Package.Members = c.Changes[i].Load.Package.Members[:253]
		}
		return []Command{c}
	},
	"delete a run whose signals in pieces live on": func(w *world) []Command { return w.purgeable(20_000, even) },
	"delete a run and all that it took over": func(w *world) []Command {
		w.purgeable(20_000, even)
		c := &PurgeRuns{Runs: []history.RunID{w.latest("run").RunID}}
		w.do(w.continues("run", none))
		w.now = w.now.Add(2e9)
		w.do(&PurgeRuns{Runs: []history.RunID{w.runs[len(w.runs)-1]}})
		return []Command{c}
	},
}

// fullPolicy makes a policy of as many keys and rules as there may be, and returns its rules.
func fullPolicy(w *world) (all []Command) {
	w.s.cfg.Check = nil
	var keys []string
	var entry []Envelope
	for i := range MaxTrustedKeys {
		name := fmt.Sprintf("%0*d", MaxTokenName, i)
		entry = append(entry, Envelope{Command: &TrustKey{Name: name, Key: publicOf(fmt.Sprint(i))}})
		if i < MaxRuleKeys {
			keys = append(keys, name)
		}
	}
	w.propose(entry...)
	for i := range MaxSignatureRules {
		all = append(all, &SetSignatureRule{Rule: rows.SignatureRule{Prefix: fmt.Sprintf("t%0*d", i%(MaxRulePrefix-3), i), Keys: keys}})
	}
	for some := range slices.Chunk(all, 100) {
		entry = entry[:0]
		for _, c := range some {
			entry = append(entry, Envelope{Command: c})
		}
		for _, r := range w.propose(entry...) {
			if r.Refusal != nil {
				w.t.Fatal(r.Refusal)
			}
		}
	}
	return all
}

// fullySigned is a package with as many types as there may be and as many signatures.
func fullySigned(name string, n int) *LoadPackage {
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprint(i))
	}
	return signedBy(manyTypes(name), keys...)
}

// purgeable starts a run with so many signals, continues it as new with those that keep says, and
// deletes it when it has expired.
func (w *world) purgeable(n int, keep func(uint64) bool) []Command {
	w.do(&SetRetention{Rule: rows.Retention{Age: 1e9}})
	w.mailFor("run", n, 10)
	c := &PurgeRuns{Runs: []history.RunID{w.latest("run").RunID}}
	w.do(w.continues("run", keep))
	w.now = w.now.Add(2e9)
	return []Command{c}
}

// TestDearestToo holds the others against the same budget.
func TestDearestToo(t *testing.T) {
	for name, of := range dearestToo {
		t.Run(name, func(t *testing.T) {
			work := dearestOf(t, of)
			if work > mostWork {
				t.Errorf("costs %d units, an entry may cost %d", work, mostWork)
			}
			t.Logf("%d units", work)
		})
	}
}
