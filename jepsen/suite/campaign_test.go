package suite

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"aion.dev/aion/jepsen/load/all"
)

// The runs of a campaign follow from its seed, fill the matrix, and need a tagged binary only if
// there is one.
func TestCampaignSpecs(t *testing.T) {
	plain, tagged := EverySet(false, false), EverySet(true, false)
	if slices.Contains(plain, "clock") || slices.Contains(plain, "disk") || !slices.Contains(tagged, "clock") || !slices.Contains(tagged, "disk") {
		t.Fatalf("sets %v and %v", plain, tagged)
	}
	c := Campaign{Options: Options{Faulty: "x"}, Runs: len(tagged) * len(all.Names()), Seed: 1, Workloads: all.Names(), Families: tagged, Parallel: 1, Least: 12 * time.Second, Most: 22 * time.Second, Concurrency: 16, Rate: 40}
	specs, err := c.Specs()
	if err != nil {
		t.Fatal(err)
	}
	again, _ := c.Specs()
	if !reflect.DeepEqual(specs, again) {
		t.Error("planned twice, and differently")
	}
	faults, cells, five, longs := 0, map[[2]string]int{}, 0, 0
	for _, s := range specs {
		faults += len(s.Schedule)
		cells[[2]string{s.Workload, s.Faults}]++
		if s.Nodes == 5 {
			five++
		}
		if s.Length == long {
			longs++
		}
		if NeedsTags(s.Faults) != s.Tagged && s.Faults != "pairs" {
			t.Errorf("%s under %s: tagged %t", s.Workload, s.Faults, s.Tagged)
		}
	}
	if faults < 4*len(specs) || len(cells) != len(tagged)*len(c.Workloads) || five < 25 || longs < 10 {
		t.Errorf("%d faults, %d cells, %d runs of five nodes, %d long ones", faults, len(cells), five, longs)
	}
	t.Logf("%d faults in %d runs; %d of five nodes, %d long ones", faults, len(specs), five, longs)
	// Faults requested by their own name instead of their family's need a tagged binary, too.
	for _, faults := range []string{"snapshots", "kill-leader+disk-hang", "clock+process"} {
		one := c
		one.Families = []string{faults}
		specs, err := one.Specs()
		if err != nil || slices.ContainsFunc(specs, func(s Spec) bool { return !s.Tagged || len(s.Schedule) == 0 }) {
			t.Errorf("%s: runs without tags or faults: %v", faults, err)
		}
	}
	c.Faulty = ""
	c.Families = plain
	if specs, err = c.Specs(); err != nil || slices.ContainsFunc(specs, func(s Spec) bool { return s.Tagged }) {
		t.Errorf("runs are tagged without a binary for it: %v", err)
	}
}
