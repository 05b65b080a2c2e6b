package sim

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	"aion.dev/aion/fsm"
)

func TestWorlds(t *testing.T) {
	var all Stats
	for seed := range uint64(5) {
		stats, v := Run(Schedule(seed, 2000, Nodes))
		if v != nil {
			t.Fatalf("seed %d: %v", seed, v)
		}
		all.Add(stats)
	}
	t.Logf("%+v", all)
}

// TestEveryCommandIsForetold: a new command of the state machine must be drawn and predicted here,
// with success and, where it can be refused, without.
func TestEveryCommandIsForetold(t *testing.T) {
	var all Stats
	for seed := uint64(100); seed < 170; seed++ {
		stats, v := Run(Schedule(seed, 3000, Nodes))
		if v != nil {
			t.Fatalf("seed %d: %v", seed, v)
		}
		all.Add(stats)
	}
	for k := range fsm.Kind(len(all.Kinds)) {
		if k == fsm.KindRefound {
			continue // never in a log: it is applied offline, to a state that no node runs on
		}
		if k == fsm.KindCreateNamespace || k == fsm.KindSetNamespace || k == fsm.KindChangeNamespace || k == fsm.KindDeleteNamespace {
			continue // not drawn yet: fsm.TestNamespacesProperty has a model of them
		}
		if _, numbered := strings.CutPrefix(k.String(), "kind "); !numbered && all.Kinds[k] == all.Refused[k] {
			t.Errorf("%s was drawn %d times and carried out never", k, all.Kinds[k])
		}
	}
}

func TestStepsAreReadAsWritten(t *testing.T) {
	steps := Schedule(7, 100, Nodes)
	var b bytes.Buffer
	if err := WriteSteps(&b, steps); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSteps(&b)
	if err != nil || !reflect.DeepEqual(got, steps) {
		t.Errorf("read %v, %v", got, err)
	}
	for _, bad := range []string{"jump 1 2", "turn", "turn x 1", "turn 1 zz", "turn 400 1"} {
		if _, err := ReadSteps(bytes.NewBufferString(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// TestCampaignCountsOn runs a few worlds at a time and expects figures for all of them.
func TestCampaignCountsOn(t *testing.T) {
	found, err := Campaign{Seed: 40, Steps: 300, Workers: 2}.Run(t.Context())
	if err != nil || len(found.Failures) > 0 || found.Worlds != 2 || found.To != 41 || found.Steps == 0 || found.Steps+found.Idle != 600 {
		t.Errorf("%+v, %v", found, err)
	}
	var b bytes.Buffer
	found.Markdown(&b)
	if !bytes.Contains(b.Bytes(), []byte("| worlds | 2, 0 failed |")) {
		t.Errorf("wrote %s", b.String())
	}
}

// TestFailuresAreWrittenDown writes a failure and reads it again.
func TestFailuresAreWrittenDown(t *testing.T) {
	f := Failure{Seed: 3, Steps: Schedule(3, 5, Nodes), Violation: &Violation{Step: 2, Why: "a\nb"}}
	if err := f.write(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(f.File)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got, err := ReadSteps(file); err != nil || !reflect.DeepEqual(got, f.Steps) {
		t.Errorf("read %v, %v", got, err)
	}
}

// TestTurnsAreForeseen expects turns made ahead that come true, and others that do not.
func TestTurnsAreForeseen(t *testing.T) {
	stats, v := Run(Schedule(1, 3000, Nodes))
	if v != nil {
		t.Fatal(v)
	}
	if stats.Foreseen == 0 || stats.InVain == 0 {
		t.Errorf("of the turns made ahead %d came true and %d did not; want some of each", stats.Foreseen, stats.InVain)
	}
	t.Logf("%d came true, %d did not", stats.Foreseen, stats.InVain)
}
