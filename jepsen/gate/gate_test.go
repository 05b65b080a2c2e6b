package gate

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEveryPlantedBugIsHunted reads the names from the product's own list: this package does not know internal/seeded.
func TestEveryPlantedBugIsHunted(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "internal", "seeded", "bugs.go"))
	if err != nil {
		t.Fatal(err)
	}
	var planted, hunted []string
	for _, m := range regexp.MustCompile(`Bug += "([a-z-]+)"`).FindAllSubmatch(b, -1) {
		planted = append(planted, string(m[1]))
	}
	for _, bug := range Bugs() {
		hunted = append(hunted, bug.Name)
		if bug.What == "" || len(bug.Tries) == 0 {
			t.Errorf("%s: says %q and has %d tries", bug.Name, bug.What, len(bug.Tries))
		}
	}
	slices.Sort(planted)
	slices.Sort(hunted)
	if len(planted) < 24 || !slices.Equal(planted, hunted) {
		t.Errorf("planted are %v\nhunted are  %v", planted, hunted)
	}
}

func TestBugsCanBeTried(t *testing.T) {
	for _, b := range Bugs() {
		if len(possible(b.Tries)) == 0 {
			t.Errorf("%s: none of %v can be run", b.Name, b.Tries)
		}
	}
	if got := possible([]Try{under("nothing", "none"), under("timers", "nothing"), {Workload: Simulation}}); len(got) != 1 {
		t.Errorf("possible are %v", got)
	}
	seen := map[string]int{}
	for _, c := range Combinations([]Bug{{Tries: []Try{under("timers", "none"), under("timers", "process")}}, {Tries: []Try{under("timers", "none")}}}) {
		seen[c.Faults]++
	}
	if len(seen) != 2 || seen["none"] != 1 {
		t.Errorf("combinations are %v", seen)
	}
}

func TestVerdict(t *testing.T) {
	v := Verdict{Commit: "c"}
	v.Put(Row{Bug: "a", What: "wrong"})
	v.Put(Row{Bug: "b", What: "worse", Caught: true, Workload: Simulation, Checker: Simulation, Took: 3 * time.Second, Violation: "x|y"})
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
	for _, want := range []string{"2 of 2 planted bugs", "| a | wrong | timers: workload timers, faults none, seed 7 |", `x\|y`, "Without a bug, timers under none"} {
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
