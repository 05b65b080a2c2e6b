//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"aion.dev/aion/transport/wire"
)

// smallDisk mounts a disk of that many MiB at path. It is unmounted when the test ends.
func smallDisk(t *testing.T, path string, size int) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0700", size)); err != nil {
		t.Skipf("NOT TESTED on this machine: a disk that fills up needs a mount of its own (run the tests as root): mount tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", path, err)
		}
	})
}

// fillUp writes a file that leaves this many bytes free on a node's disk. The node writes, too, so
// there may be less room at the second look.
func fillUp(t *testing.T, dir, name string, leave uint64) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = eventually(func() error {
		var s syscall.Statfs_t
		if err := syscall.Statfs(dir, &s); err != nil {
			return err
		}
		free := s.Bavail * uint64(s.Bsize)
		if free <= leave {
			return nil
		}
		return syscall.Fallocate(int(f.Fd()), 0, 0, int64(free-leave))
	})
	if err != nil {
		t.Fatalf("fill %s: %v", dir, err)
	}
}

func freeUp(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "filler*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		remove(t, file)
	}
}

// waiting is a workflow that takes any number of signals.
func (f *fleet) deployWaiting(t *testing.T) {
	t.Helper()
	dir := filepath.Join(f.dir, "waiting")
	if err := errors.Join(os.MkdirAll(dir, 0o777),
		os.WriteFile(filepath.Join(dir, "workflow.toml"), []byte("[[workflow]]\ntype = \"waiting\"\nentry_module = \"waiting\"\n"), 0o666),
		os.WriteFile(filepath.Join(dir, "waiting.star"), []byte("def run(ctx, input):\n    while ctx.signal(\"go\") != \"end\":\n        pass\n    return \"ended\"\n"), 0o666)); err != nil {
		t.Fatal(err)
	}
	f.aion(t, "package", dir, "--out", dir+".aion")
	f.aion(t, "deploy", dir+".aion", "--addr", f.nodes[f.order[0]].http)
}

// post makes one call, without repeating it.
func (f *fleet) post(t *testing.T, name, path, body string) (status int, answer string) {
	t.Helper()
	resp, err := f.client.Post("http://"+f.nodes[name].http+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(bytes.TrimSpace(b))
}

func (f *fleet) diskLevel(t *testing.T, name, want string) {
	t.Helper()
	err := eventually(func() error {
		c, err := f.status(name)
		if err != nil {
			return err
		}
		for _, m := range c.Members {
			if m.ID == name && m.Disk != nil && m.Disk.Level == want {
				return nil
			}
		}
		return fmt.Errorf("the disk of %s is not %s: %+v", name, want, c.Members)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDiskOfASingleNodeFillsUp: the node warns, then refuses what is new and names itself, the
// limit and the setting; runs under way go on, with the room that the node has kept back once there
// is no other. It takes starts again by itself when there is room.
func TestDiskOfASingleNodeFillsUp(t *testing.T) {
	t.Parallel()
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	data := filepath.Join(f.dir, "data-a")
	smallDisk(t, data, 256)
	t.Cleanup(f.killAll)
	if err := f.start("a", "--disk-full-bytes", "50000000", "--disk-reserve-bytes", "16000000"); err != nil {
		t.Fatal(err)
	}
	if err := f.ready("a"); err != nil {
		t.Fatal(err)
	}
	f.deploy(t)
	f.deployWaiting(t)
	if status, answer := f.post(t, "a", "/v1/workflows", `{"type":"waiting","workflow_id":"under-way"}`); status != 201 {
		t.Fatal(status, answer)
	}
	signal := func(payload string) {
		t.Helper()
		if status, answer := f.post(t, "a", "/v1/workflows/under-way/signals/go", payload); status != 200 && status != 202 {
			t.Fatal(status, answer)
		}
	}

	fillUp(t, data, "filler-1", 70_000_000)
	f.diskLevel(t, "a", "warn")
	f.serves(t, "a", "while-it-warns", "1")
	fillUp(t, data, "filler-2", 30_000_000)
	f.diskLevel(t, "a", "full")
	archive, err := os.ReadFile(filepath.Join(f.dir, "once.aion"))
	if err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]string{"/v1/workflows": `{"type":"once"}`, "/v1/packages": string(archive)} {
		status, answer := f.post(t, "a", path, body)
		for _, w := range []string{"resource_exhausted", "the disk of node a has ", `"setting":"disk.full_bytes"`, `"limit":50000000`, `"outcome":"rejected"`} {
			if status != http.StatusTooManyRequests || !strings.Contains(answer, w) {
				t.Errorf("%s on a full disk: %d without %q: %s", path, status, w, answer)
			}
		}
	}
	signal("1")
	fillUp(t, data, "filler-3", 1_000_000)
	err = eventually(func() error {
		if _, err := os.Stat(filepath.Join(data, "reserve")); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("the reserved room is not given up: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		signal(`"` + strings.Repeat("x", 1_500_000) + `"`) // 7.5 MB
	}
	signal(`"end"`)
	if out := f.aion(t, "result", "under-way", "--addr", f.nodes["a"].http); !strings.Contains(out, "ended") {
		t.Errorf("the run under way: %s", out)
	}
	freeUp(t, data)
	f.diskLevel(t, "a", "ok")
	f.serves(t, "a", "afterwards", "1")
	for _, w := range []string{"it is filling up", "no runs are started here", "the reserved space has been released", "there is room again"} {
		err := eventually(func() error {
			log, err := os.ReadFile(filepath.Join(f.dir, "a.log"))
			if err == nil && !strings.Contains(string(log), w) {
				err = fmt.Errorf("the log does not say %q", w)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestDiskOfTheLeaderFillsUp: the leader hands leadership to a node with room, and stops once a
// write fails. The others go on, and it catches up when it is started on a disk with room.
func TestDiskOfTheLeaderFillsUp(t *testing.T) {
	t.Parallel()
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	data := filepath.Join(f.dir, "data-a")
	smallDisk(t, data, 256)
	t.Cleanup(f.killAll)
	f.flags = []string{"--raft-log-store", "bolt"} // which needs room for each entry, and not for many at a time
	if err := f.startAll("a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	f.deploy(t)
	f.serves(t, "a", "before", "1")
	if err := f.stop("a"); err != nil {
		t.Fatal(err)
	}
	e := runToItsEnd(t, f, "a", "text")
	if err := f.isReady("a"); err != nil {
		t.Fatal(err)
	}
	f.aion(t, "cluster", "transfer", "a", "--addr", f.nodes["b"].http)
	fillUp(t, data, "filler-1", 20_000_000)
	err := eventually(func() error {
		c, err := f.status("b")
		if err == nil && (c.Leader == "a" || c.Leader == "") {
			err = fmt.Errorf("node %q leads, whose disk is full", c.Leader)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.serves(t, "a", "through-the-full-node", "1")

	fillUp(t, data, "filler-2", 0)
	large := `"` + strings.Repeat("x", 1_900_000) + `"`
	err = eventually(func() error { // until the log has used up what it had taken
		f.serves(t, "b", fmt.Sprint("large-", f.appliedBy(t, "b")), large)
		if !strings.Contains(e.said.String(), "must not go on") {
			return errors.New("it goes on")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	e.checkEnd("text", exitRefused, "no space left on device", "Free space on that disk")
	f.serves(t, "b", "without-a", "1")
	runToItsEnd(t, f, "a", "json").checkEnd("json", exitRefused, "no space left on device", "Free space on that disk") // no room, no start

	freeUp(t, data)
	if err := errors.Join(f.start("a"), f.ready("a")); err != nil {
		t.Fatal(err)
	}
	f.hasApplied(t, "a", f.appliedBy(t, "b"))
	for _, id := range []string{"before", "through-the-full-node", "without-a"} {
		if out := f.aion(t, "describe", id, "--stale", "--addr", f.nodes["a"].http); !strings.Contains(out, "completed") {
			t.Errorf("run %s after the restart: %s", id, out)
		}
	}
	f.sameDigest(t)
}

// TestDiskOfTheLeaderErrs: no fsync succeeds any more on the leader's disk. It stops and says why,
// the others go on, and it continues from what was durable when the disk is well again.
func TestDiskOfTheLeaderErrs(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("NOT TESTED on this machine: a disk that errs needs strace, which makes the fsyncs of a process fail")
	}
	f := startTrio(t)
	if err := f.stop("a"); err != nil {
		t.Fatal(err)
	}
	e := runToItsEnd(t, f, "a", "text")
	if err := f.isReady("a"); err != nil {
		t.Fatal(err)
	}
	f.aion(t, "cluster", "transfer", "a", "--addr", f.nodes["b"].http)
	f.serves(t, "a", "before", "1")
	over := failSyncs(t, strace, e.cmd.Process.Pid)
	f.serves(t, "b", "while-it-errs", "1")
	e.checkEnd("text", exitRefused, "raft store", "input/output error")
	<-over
	f.serves(t, "b", "without-a", "1")
	if err := errors.Join(f.start("a"), f.ready("a")); err != nil {
		t.Fatal(err)
	}
	f.hasApplied(t, "a", f.appliedBy(t, "b"))
	for _, id := range []string{"before", "while-it-errs", "without-a"} {
		if out := f.aion(t, "describe", id, "--stale", "--addr", f.nodes["a"].http); !strings.Contains(out, "completed") {
			t.Errorf("run %s after the restart: %s", id, out)
		}
	}
	f.sameDigest(t)
}

// failSyncs makes every fsync of a process fail from now on. over is closed when the process ends.
func failSyncs(t *testing.T, strace string, pid int) (over <-chan struct{}) {
	t.Helper()
	var said lockedBuffer
	inject := exec.Command(strace, "-f", "-p", fmt.Sprint(pid), "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO")
	inject.Stderr = &said
	if err := inject.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inject.Process.Kill() })
	ended := make(chan struct{})
	go func() { _ = inject.Wait(); close(ended) }()
	err := eventually(func() error {
		select {
		case <-ended:
			t.Skipf("NOT TESTED on this machine: strace does not attach to a process: %s", said.String())
		default:
		}
		if !strings.Contains(said.String(), "attached") {
			return errors.New(said.String())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ended
}

// sameDigest checks that all nodes have the same state.
func (f *fleet) sameDigest(t *testing.T) {
	t.Helper()
	err := eventually(func() error {
		seen := map[uint64]string{}
		var first *wire.Cluster
		for _, name := range f.order {
			c, err := f.status(name)
			if err != nil {
				return err
			}
			if first == nil {
				first = c
			}
			if c.DigestIndex != first.DigestIndex {
				return fmt.Errorf("node %s is at %d, %s at %d", name, c.DigestIndex, f.order[0], first.DigestIndex)
			}
			if d, ok := seen[c.DigestIndex]; ok && d != c.Digest {
				t.Fatalf("at %d node %s has digest %s, another %s", c.DigestIndex, name, c.Digest, d)
			}
			seen[c.DigestIndex] = c.Digest
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
