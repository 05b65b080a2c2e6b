package worker

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A process is this test's program again: it starts, is owned before it makes a call, is frozen,
// thawed, killed, started again and stopped.
func TestProcess(t *testing.T) {
	dir := t.TempDir()
	var pids []int
	p := &Process{
		Config: Config{Name: "w1", Nodes: []string{"127.0.0.1:1"}, Queue: "q", Activities: []string{"a"}, Slots: 1, Lease: time.Second, Ledger: filepath.Join(dir, "ledger"), Log: filepath.Join(dir, "log")},
		Owns:   func(pid int, name string) { pids = append(pids, pid) },
	}
	for range 2 {
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if len(pids) != 1 {
		t.Fatalf("started %d processes, want one", len(pids))
	}
	p.Freeze()
	p.Thaw()
	p.Kill()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.Freeze()
	if err := p.Stop(time.Minute); err != nil { // it goes on, to end
		t.Error(err)
	}
	if len(pids) != 2 || pids[0] == pids[1] {
		t.Errorf("processes %v", pids)
	}
	if b, _ := os.ReadFile(p.Config.Log); len(b) > 0 {
		t.Errorf("it says: %s", b)
	}
}
