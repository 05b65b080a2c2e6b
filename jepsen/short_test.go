package jepsen

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/internal/built"
	"aion.dev/aion/jepsen/load/all"
	"aion.dev/aion/jepsen/suite"
)

// TestShort is the short form of the suite, which CI runs: every workload once, for a few seconds,
// under faults of processes, of the network, of leadership or pairs of them. JEPSEN_SEED repeats
// its choices; JEPSEN_DIR keeps everything.
//
// A workload that is there in several languages is played in one of them.
func TestShort(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: `make jepsen-short` makes these runs")
	}
	seed := rand.Uint64N(1 << 32)
	if s := os.Getenv("JEPSEN_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal("JEPSEN_SEED: ", err)
		}
	}
	dir := os.Getenv("JEPSEN_DIR")
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "aion-jepsen-"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if !t.Failed() {
				os.RemoveAll(dir)
			}
		})
	}
	t.Logf("JEPSEN_SEED=%d; what a failing run needs to be understood stays in %s", seed, dir)
	binary := filepath.Join(t.TempDir(), "aion-node")
	if err := built.Node(binary); err != nil {
		t.Fatal(err)
	}
	sets := []string{"process", "network", "leadership", "pairs"}
	for i, name := range all.Names() {
		if !drawn(name, seed) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if err := suite.Lacks(t.Context(), binary, name); err != nil {
				t.Skip(err)
			}
			s := suite.Spec{Seed: seed + uint64(i), Workload: name, Faults: sets[(int(seed%4)+i)%len(sets)], Nodes: 3, Length: 4 * time.Second, Concurrency: 4, Rate: 10}
			if err := s.Plan(); err != nil {
				t.Fatal(err)
			}
			r := suite.Run(t.Context(), suite.Options{Binary: binary, Dir: dir, Commit: "test"}, s)
			told := fmt.Sprintf("under %s, seed %d: %d operations (%v), %d faults", s.Faults, s.Seed, r.Ops, r.Counts, len(r.Done))
			if r.Error != "" {
				t.Fatalf("%s: could not be made: %s", told, r.Error)
			}
			for _, v := range r.Violations {
				t.Errorf("%s: %s", v.Checker, v.What)
			}
			t.Log(told)
		})
	}
}

// drawn reports whether a workload is the one of its languages that is played.
func drawn(name string, seed uint64) bool {
	base := strings.TrimSuffix(strings.TrimSuffix(name, "-go"), "-ts")
	languages := []string{base}
	for _, other := range []string{base + "-go", base + "-ts"} {
		if slices.Contains(all.Names(), other) {
			languages = append(languages, other)
		}
	}
	return languages[seed%uint64(len(languages))] == name
}
