package cluster_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/clustertest"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"github.com/prometheus/client_golang/prometheus"
)

// TestFullDiskTakesNothingNew: starts and deploys are refused with a reason, runs under way
// continue, and starts work again once there is room.
func TestFullDiskTakesNothingNew(t *testing.T) {
	var free atomic.Uint64
	free.Store(1 << 30)
	n := startReal(t, cluster.Config{DataDir: t.TempDir(), RaftListen: "127.0.0.1:0", Disk: folder.DiskConfig{
		Full: 1 << 20, Room: func() (uint64, uint64, error) { return free.Load(), 2 << 30, nil }}})
	eventually(t, "a ready node", n.Ready)
	if r, err := n.load(t.Context(), "v1"); err != nil || r.Refusal != nil {
		t.Fatal(err, r.Refusal)
	}
	start := func(id string) error {
		r, err := n.Propose(t.Context(), clustertest.Start("order", id))
		if err == nil && r.Refusal != nil {
			return r.Refusal
		}
		return err
	}
	if err := start("before"); err != nil {
		t.Fatal(err)
	}
	free.Store(1000)
	eventually(t, "a full disk", func() error {
		if n.Disk().Level != folder.DiskFull {
			return errors.New(n.Disk().Level)
		}
		return nil
	})
	full, ok := errors.AsType[*cluster.FullDisk](start("while"))
	if !ok || full.Code() != "resource_exhausted" || !strings.Contains(full.Error(), n.ID()) || full.Facts()["limit"] != uint64(1<<20) {
		t.Errorf("a start: %v", full)
	}
	if _, err := n.load(t.Context(), "v2"); !errors.As(err, &full) {
		t.Errorf("a deploy: %v", err)
	}
	if _, err := n.Propose(t.Context(), fsm.Envelope{Command: &fsm.FireSchedule{ID: "hourly", Times: []history.Time{1}}}); !errors.As(err, &full) {
		t.Errorf("a fire: %v", err)
	}
	if r, err := n.Propose(t.Context(), fsm.Envelope{Command: &fsm.FireSchedule{ID: "hourly"}}); err != nil || r.Refusal == nil || r.Refusal.Code() != "not_found" {
		t.Errorf("times that are left out, of a schedule that is not there: %v, %v", err, r.Refusal)
	}
	if r, err := n.Propose(t.Context(), fsm.Envelope{Command: &fsm.TerminateRun{Run: fsm.RunRef{WorkflowID: "before"}}}); err != nil || r.Refusal != nil {
		t.Errorf("a run under way: %v, %v", err, r.Refusal)
	}
	free.Store(1 << 30)
	eventually(t, "room again", func() error { return start("after") })
}

// TestLogIsBoundedByBytes: the log is bounded by bytes and not only by the number of entries. Here
// that is far below what raft would keep.
func TestLogIsBoundedByBytes(t *testing.T) {
	const most = 1 << 20
	n := startReal(t, cluster.Config{DataDir: t.TempDir(), RaftListen: "127.0.0.1:0",
		Raft: cluster.RaftConfig{LogBytes: most, SegmentBytes: 256 << 10, MembersEvery: 10 * time.Millisecond}})
	eventually(t, "a ready node", n.Ready)
	if r, err := n.load(t.Context(), "v1"); err != nil || r.Refusal != nil {
		t.Fatal(err, r.Refusal)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(n)
	input := []byte(`"` + strings.Repeat("x", 200_000) + `"`)
	for range 20 { // 4 MB
		e := clustertest.Start("order", "")
		c := e.Command.(*fsm.StartRun)
		c.Type, c.Input = "none", input // refused, but in the log all the same
		if _, err := n.Propose(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "a log within its bound", func() error {
		families, err := registry.Gather()
		if err != nil {
			return err
		}
		for _, f := range families {
			if f.GetName() == "aion_raft_log_bytes" {
				if b := f.Metric[0].GetGauge().GetValue(); b > most {
					return errors.New("too large still")
				}
				return nil
			}
		}
		return errors.New("no such metric")
	})
	if err := n.end(); err != nil {
		t.Error(err)
	}
}

// TestDataIsPrivate also in a folder that was created readable for all.
func TestDataIsPrivate(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(filepath.Join(dir, "state"), 0o755)); err != nil {
		t.Fatal(err)
	}
	n := startReal(t, cluster.Config{DataDir: dir, RaftListen: "127.0.0.1:0"})
	eventually(t, "a ready node", n.Ready)
	names, err := os.ReadDir(dir)
	if err != nil || len(names) < 3 {
		t.Fatal(names, err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "state"), filepath.Join(dir, "raft"), filepath.Join(dir, "blobs")} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// TestRoomIsKeptBack: a file reserves room while there is plenty, and is removed when there is
// almost none, before a node that starts on such a disk opens its stores.
func TestRoomIsKeptBack(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("room is kept back on Linux only")
	}
	var free atomic.Uint64
	dir := t.TempDir()
	file := filepath.Join(dir, "reserve")
	kept := func() (bytes int64) {
		if info, err := os.Stat(file); err == nil {
			bytes = info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return bytes
	}
	start := func() *real {
		return startReal(t, cluster.Config{DataDir: dir, RaftListen: "127.0.0.1:0", Disk: folder.DiskConfig{
			Full: 8 << 20, Reserve: 4 << 20, Room: func() (uint64, uint64, error) { return free.Load(), 64 << 20, nil }}})
	}
	wait := func(what string, is func() bool) {
		t.Helper()
		eventually(t, what, func() error {
			if !is() {
				return fmt.Errorf("%d bytes are kept", kept())
			}
			return nil
		})
	}
	free.Store(60 << 20)
	n := start()
	if kept() < 4<<20 {
		t.Fatalf("%d bytes are kept, want 4 MiB of blocks", kept())
	}
	eventually(t, "a ready node", n.Ready)
	free.Store(5 << 20) // full, but there is still room
	wait("a full disk", func() bool { return n.Disk().Level == folder.DiskFull })
	if kept() == 0 {
		t.Error("room is given up while there is some")
	}
	free.Store(1 << 20)
	wait("the room", func() bool { return kept() == 0 })
	free.Store(60 << 20)
	wait("the room again", func() bool { return kept() > 0 })
	n.end()

	free.Store(1 << 20)
	start()
	if kept() != 0 {
		t.Error("a node opens its stores on a full disk and keeps room back")
	}
}
