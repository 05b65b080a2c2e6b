package sim

import (
	"bytes"
	"reflect"
	"testing"
)

func TestWorlds(t *testing.T) {
	var all Stats
	for seed := range uint64(30) {
		stats, v := Run(Schedule(seed, 2000, Nodes))
		if v != nil {
			t.Fatalf("seed %d: %v", seed, v)
		}
		all.Add(stats)
	}
	t.Logf("%+v", all)
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
