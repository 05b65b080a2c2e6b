//go:build aionfaults

package logstore

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"
)

// TestPowerLossTakesNoSegment: a segment that one process created and another one filled survives a
// power loss. The wal syncs its folder only together with a file that the same process created.
func TestPowerLossTakesNoSegment(t *testing.T) {
	if dir := os.Getenv("CLUSTER_TEST_DIR"); dir != "" {
		life(t, dir, os.Getenv("CLUSTER_TEST_DO"))
		return
	}
	root := t.TempDir()
	control := filepath.Join(root, "faults.json")
	for _, l := range []struct{ do, control string }{
		{"nothing", `{"power":{"watch":true}}`},
		{"write", `{"power":{"watch":true}}`},
		{"read", `{"power":{"lose":1,"all":true}}`},
	} {
		if err := os.WriteFile(control, []byte(l.control), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestPowerLossTakesNoSegment$", "-test.v")
		cmd.Env = append(os.Environ(), "AION_FAULTS="+control, "CLUSTER_TEST_DIR="+filepath.Join(root, "raft"), "CLUSTER_TEST_DO="+l.do)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", l.do, err, out)
		}
		t.Logf("%s: %s", l.do, out)
	}
}

// life is the work of each process. It does not close the stores, like a process that is killed.
func life(t *testing.T, dir, do string) {
	stores, err := Open(Config{Dir: dir, Fatal: func(err error) { fmt.Println(err) }})
	if err != nil {
		t.Fatal(err)
	}
	switch do {
	case "write":
		if err := stores.Log.StoreLogs([]*raft.Log{{Index: 1, Term: 1, Data: []byte("acknowledged")}}); err != nil {
			t.Fatal(err)
		}
	case "read":
		var l raft.Log
		if err := stores.Log.GetLog(1, &l); err != nil || string(l.Data) != "acknowledged" {
			t.Fatalf("%q, %v", l.Data, err)
		}
	}
}
