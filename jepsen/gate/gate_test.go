package gate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/jepsen/gate/bugs"
	"aion.dev/aion/jepsen/load/all"
	"aion.dev/aion/jepsen/suite"
)

func TestEveryPlantedBugIsHunted(t *testing.T) {
	planted, hunted := bugs.Names(), []string{}
	for _, bug := range Bugs() {
		hunted = append(hunted, bug.Name)
		if bug.What == "" {
			t.Errorf("%s: nothing says what is wrong", bug.Name)
		}
	}
	slices.Sort(hunted)
	if len(planted) < 24 || !slices.Equal(planted, hunted) {
		t.Errorf("planted are %v\nhunted are  %v", planted, hunted)
	}
}

func TestBugsCanBeTried(t *testing.T) {
	if missing := Missing(Bugs()); len(missing) > 0 {
		t.Errorf("the bugs' tries name what nobody has: %v", missing)
	}
	if got := Missing([]Bug{{Name: "a"}, {Name: "b", Sim: true}, {Name: "c", Tries: []Try{under("nothing", "none"), under("timers", "nothing"), under("timers", "none")}}}); len(got) != 3 {
		t.Errorf("missing are %v", got)
	}
	row := Row{}
	g := Gate{}
	if tries := g.possible(&row, Bug{Tries: []Try{under("timers", "snapshots"), under("timers", "none"), under("timers", "process")}}); len(tries) != 2 || len(row.Errors) != 1 {
		t.Errorf("a binary that suffers no faults of disks is tried under %v; %v", tries, row.Errors)
	}
}

func TestControls(t *testing.T) {
	calm, hasty := under("timers", "none"), busy(under("timers", "none"))
	list := Controls([]Bug{{Name: "a", Tries: []Try{under("timers", "process"), calm}}, {Name: "b", Tries: []Try{calm}}, {Name: "c", Tries: []Try{hasty}}, {Name: "d", Tries: []Try{under("signals", "none")}}}, []Row{
		{Bug: "a", Caught: true, Workload: "timers", Faults: "none", Seed: 4}, {Bug: "b", Caught: true, Workload: "timers", Faults: "none", Seed: 5},
		{Bug: "c", Caught: true, Workload: "timers", Faults: "none", Callers: hasty.Callers, Rate: hasty.Rate, Seed: 6}, {Bug: "d", Sim: &Simulated{Caught: true}},
	})
	if want := fmt.Sprint([]Seeded{{calm, 4}, {hasty, 6}}); fmt.Sprint(list) != want {
		t.Errorf("controls are %v, want %s", list, want)
	}
}

// Draws are spread over workloads and sets of faults and are the same for every bug; a smaller
// number is a prefix of a larger one, and all draws are the whole matrix.
func TestDraws(t *testing.T) {
	g := Gate{Seed: 1, Tagged: true}
	few, err := g.Draws(5)
	if err != nil {
		t.Fatal(err)
	}
	names, every := all.Names(), suite.EverySet(true, false)
	draws := max(len(names), len(every))
	many, err := g.Draws(draws)
	if err != nil {
		t.Fatal(err)
	}
	workloads, sets, seeds := map[string]bool{}, map[string]bool{}, map[uint64]bool{}
	for i, s := range many {
		if i < len(few) && !reflect.DeepEqual(few[i], s) {
			t.Errorf("draw %d is %+v of few and %+v of many", i, few[i], s)
		}
		workloads[s.Workload], sets[s.Faults], seeds[s.Seed] = true, true, true
	}
	if len(workloads) != len(names) || len(sets) != len(every) || len(seeds) != draws {
		t.Errorf("%d draws have %d workloads of %d, %d sets of faults of %d, %d seeds", draws, len(workloads), len(names), len(sets), len(every), len(seeds))
	}
	whole, err := g.Draws(len(names) * len(every))
	if err != nil {
		t.Fatal(err)
	}
	cells := map[[2]string]bool{}
	for _, s := range whole {
		cells[[2]string{s.Workload, s.Faults}] = true
	}
	if len(cells) != len(whole) {
		t.Errorf("%d draws are %d cells of the matrix", len(whole), len(cells))
	}
	for _, n := range []int{0, len(whole) + 1} {
		if _, err := g.Draws(n); err == nil {
			t.Errorf("%d draws", n)
		}
	}
}

func TestOdds(t *testing.T) {
	v := Verdict{}
	v.PutOdds(Odds{Bug: "a", Draws: 5, Caught: 1})
	v.PutOdds(Odds{Bug: "a", Draws: 6, Caught: 3, Liveness: 2})
	if got := v.oddsOf("a"); got != "3 of 6 runs, 2 by liveness" || v.oddsOf("b") != "not run" || len(v.Plain) != 1 {
		t.Errorf("%q; %+v", got, v.Plain)
	}
}

func TestFirstFinding(t *testing.T) {
	seed, what := firstFinding("\n| x | y |\n**Seed 17 failed**, in 3 steps after shrinking: step 2: I1: a|b\nmore\n")
	if seed != 17 || what != "step 2: I1: a|b" {
		t.Errorf("found seed %d: %q", seed, what)
	}
	if seed, what := firstFinding("killed"); seed != 0 || what != "killed" {
		t.Errorf("found seed %d: %q", seed, what)
	}
}

func TestVerdict(t *testing.T) {
	v := Verdict{Commit: "c"}
	v.Put(Row{Bug: "a", What: "wrong"})
	v.Put(Row{Bug: "b", What: "worse", Sim: &Simulated{Caught: true, Seed: 9, Took: 3 * time.Second, Violation: "x|y"}})
	v.Put(Row{Workload: "timers", Faults: "none"})
	if v.Passed() {
		t.Error("it passed though nobody caught a")
	}
	v.Put(Row{Bug: "a", What: "wrong", Caught: true, Workload: "timers", Faults: "none", Checker: "timers", Seed: 7})
	if !v.Passed() || len(v.Bugs) != 2 {
		t.Errorf("a newer row about a did not take the place of the older: %v", v.Bugs)
	}
	v.Put(Row{Workload: "timers", Faults: "none", Caught: true, Checker: "timers", Violation: "late"})
	if v.Passed() || len(v.Controls) != 1 {
		t.Errorf("it passed though something was found without a bug: %v", v.Controls)
	}
	v.Put(Row{Workload: Simulation, Sim: &Simulated{}})
	path := filepath.Join(t.TempDir(), "gate.json")
	if empty, err := Read(path); err != nil || len(empty.Bugs) != 0 {
		t.Error(empty, err)
	}
	if err := v.Save(path); err != nil {
		t.Fatal(err)
	}
	again, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var md bytes.Buffer
	if err := again.Markdown(&md); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 of 2 planted bugs were caught: 1 by clusters, and 1 of the 1", "| a | wrong | timers: workload timers, faults none, seed 7 |", `after 3s, world 9: x\|y`,
		"under 2 of the same combinations: 1 passed, 1 did not", "Without a bug, timers under none",
	} {
		if !strings.Contains(md.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, md.String())
		}
	}
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a broken file: %v", err)
	}
}
