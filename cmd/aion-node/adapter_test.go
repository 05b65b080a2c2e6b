package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"testing"
)

// TestThreeStepAdapter runs the adapter for the public set-up as its first comment says: with a
// node of its own, of which nothing may be left.
func TestThreeStepAdapter(t *testing.T) {
	t.Parallel()
	script, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED: there is no Node.js here, so nothing shows that docs/performance/three-step/adapter.mjs works")
	}
	major := 0
	out, err := exec.Command(script, "--version").Output()
	if err == nil {
		_, err = fmt.Sscanf(string(out), "v%d", &major)
	}
	if err != nil {
		t.Fatalf("node --version: %q, %v", out, err)
	}
	if major < 20 {
		t.Skipf("SKIPPED: Node.js %d is too old for docs/performance/three-step/adapter.mjs", major)
	}
	binary, err := exec.LookPath("aion-node")
	if err != nil {
		t.Fatal(err)
	}
	temporary := t.TempDir()
	cmd := exec.Command(script, "../../docs/performance/three-step/adapter.mjs")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + temporary, "TMPDIR=" + temporary, "BINARY=" + binary}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if out, err = cmd.Output(); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	var got struct {
		Engine    string
		Version   string
		Result    map[string]int
		Samples   int
		Batch     int
		Median    float64 `json:"median_ms"`
		P95       float64 `json:"p95_ms"`
		ColdStart float64 `json:"cold_start_ms"`
		PerSecond float64 `json:"per_second"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("it printed %q: %v", out, err)
	}
	if got.Engine != "aion" || got.Version == "" || got.Samples != 100 || got.Batch != 200 || !reflect.DeepEqual(got.Result, map[string]int{"a": 1, "b": 2, "c": 3}) {
		t.Errorf("it found %s", out)
	}
	if got.Median <= 0 || got.P95 < got.Median || got.ColdStart <= 0 || got.PerSecond <= 0 {
		t.Errorf("it measured %s", out)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("it left %v behind, %v", left, err)
	}
}
