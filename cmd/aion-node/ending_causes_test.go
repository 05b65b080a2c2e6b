package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"aion.dev/aion/internal/freeport"

	"aion.dev/aion/fsm"
)

// marker is in the input of a run, and therefore in an entry of every node's log.
const marker = "0123456789-marker-of-an-entry-9876543210"

// TestEndingsAtTheStart: if something keeps a node of a cluster from starting, the last line of its
// log says what, and what to do, and its peers go on meanwhile. Each cause is tested twice, once
// for each format of the log. The folder is restored afterwards, which is legal as long as no such
// node acknowledges an entry.
func TestEndingsAtTheStart(t *testing.T) {
	t.Parallel()
	f := startTrio(t)
	f.serves(t, "a", "marked", `"`+marker+`"`)
	if err := errors.Join(f.ready("c"), f.stop("c")); err != nil {
		t.Fatal(err)
	}
	older := filepath.Join(t.TempDir(), "older")
	c := f.nodes["c"]
	copyFolder(t, filepath.Join(c.data, "raft"), older)
	if err := f.start("c"); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		f.serves(t, "a", fmt.Sprint("later-", i), "1")
	}
	applied := f.appliedBy(t, "a")
	f.hasApplied(t, "c", applied)
	if err := f.stop("c"); err != nil {
		t.Fatal(err)
	}
	putBack := f.keep(t, "c")

	for i, cause := range []struct {
		name   string
		strike func(t *testing.T)
		flags  []string
		limit  string // of open files
		status int    // 1 unless given
		words  []string
	}{
		{
			name:   "an empty folder under a member's id",
			strike: func(t *testing.T) { remove(t, c.data) },
			words:  []string{"node c is a voter already", "empty data folder", "give it another node.id"},
		},
		{
			name:   "the log is gone",
			strike: func(t *testing.T) { remove(t, filepath.Join(c.data, "raft")) },
			words:  []string{c.data, "its log is gone", "empty data folder and another node.id"},
		},
		{
			name: "the log is older than the state",
			strike: func(t *testing.T) {
				remove(t, filepath.Join(c.data, "raft"))
				copyFolder(t, older, filepath.Join(c.data, "raft"))
			},
			words: []string{"the state has applied entry", "its log ends at", "cluster remove c", "an empty data folder"},
		},
		{
			name: "an entry of the log was changed by the disk",
			strike: func(t *testing.T) {
				remove(t, filepath.Join(c.data, "state")) // so that it is read again
				flipBit(t, filepath.Join(c.data, "raft", "wal", "*.wal"), marker)
			},
			words: []string{"entry", "is not what was written: its checksum differs, so the disk has changed it", "empty data folder and another node.id"},
		},
		{
			name:   "an entry that the state has applied was changed by the disk", // raft reads it all the same
			strike: func(t *testing.T) { flipBit(t, filepath.Join(c.data, "raft", "wal", "*.wal"), marker) },
			words:  []string{"entry", "is not what was written: its checksum differs, so the disk has changed it", "empty data folder and another node.id"},
		},
		{
			name:   "too few open files",
			strike: func(*testing.T) {},
			limit:  "150",
			words:  []string{"this process may open 150 files, a node needs 200 at least", "LimitNOFILE="},
		},
		{
			name:   "another node's folder",
			strike: func(*testing.T) {},
			flags:  []string{"--id", "x"},
			words:  []string{`node.id is "x"`, c.data + ` belongs to node "c"`, "leave node.id out"},
		},
		{
			name: "the state is condemned",
			strike: func(t *testing.T) {
				if err := os.WriteFile(filepath.Join(c.data, "QUARANTINE"), []byte("The state of node c is wrong.\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			words: []string{c.data + " is quarantined", "The state of node c is wrong.", "empty data folder and another node.id"},
		},
		{
			name:   "a certificate that has expired",
			strike: func(t *testing.T) { writeCertificatesUntil(t, f.dir, time.Now().Add(-time.Minute)) },
			flags: []string{"--tls-cert-file", filepath.Join(f.dir, "node.pem"), "--tls-key-file", filepath.Join(f.dir, "node.key"),
				"--tls-ca-file", filepath.Join(f.dir, "ca.pem")},
			status: exitUsage,
			words:  []string{"tls.", f.dir, "expired on"},
		},
	} {
		t.Run(cause.name, func(t *testing.T) {
			for _, format := range []string{"text", "json"} {
				putBack()
				cause.strike(t)
				cmd, err := c.command(f.dir, append([]string{"--log-format", format}, cause.flags...)...)
				if err != nil {
					t.Fatal(err)
				}
				if cause.limit != "" {
					sh := exec.Command("sh", append([]string{"-c", "ulimit -n " + cause.limit + ` && exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)...)
					sh.Dir, sh.Env = cmd.Dir, cmd.Env
					cmd = sh
				}
				runCommandToItsEnd(t, cmd).checkEnd(format, max(cause.status, exitRefused), cause.words...)
			}
			f.serves(t, "a", fmt.Sprint("while-c-is-away-", i), "1")
		})
	}

	putBack()
	if err := errors.Join(f.start("c"), f.ready("c")); err != nil {
		t.Errorf("with its folder as it was: %v", err)
	}
}

// TestEndingOfACopy: a frozen node whose copy was started elsewhere stops when it wakes, and the
// copy goes on.
func TestEndingOfACopy(t *testing.T) {
	t.Parallel()
	f := startTrio(t)
	f.aion(t, "cluster", "transfer", "a", "--addr", f.nodes["a"].http)
	if err := f.stop("c"); err != nil {
		t.Fatal(err)
	}
	c := f.nodes["c"]
	original := runToItsEnd(t, f, "c", "text")
	if err := eventually(func() error { return f.answers("c") }); err != nil {
		t.Fatal(err)
	}
	if err := original.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ports, err := freeport.Take(3)
	if err != nil {
		t.Fatal(err)
	}
	copied := &process{name: "c", data: filepath.Join(f.dir, "data-copy"), http: ports[0], raft: ports[1], gossip: ports[2],
		flags: []string{"--join", f.nodes["a"].gossip + "," + f.nodes["b"].gossip}}
	copyFolder(t, c.data, copied.data) // of a disk that nobody is writing to
	f.nodes["copy"] = copied
	if err := errors.Join(f.start("copy"), f.ready("copy")); err != nil {
		t.Fatal(err)
	}
	f.serves(t, "copy", "through-the-copy", "1")
	if err := original.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	original.checkEnd("text", exitRefused, "node c is alive at "+copied.raft, "from "+c.raft, "one of the two is a copy; stop it, or give it an empty data folder")
	f.serves(t, "copy", "after-the-original", "1")
}

// TestRemovedNodeSaysSo: a removed node does not end, because its data can still be read, and it
// logs the cause, not a consequence.
func TestRemovedNodeSaysSo(t *testing.T) {
	t.Parallel()
	f := startTrio(t)
	if err := f.stop("c"); err != nil {
		t.Fatal(err)
	}
	f.aion(t, "cluster", "remove", "c", "--addr", f.nodes["a"].http)
	e := runToItsEnd(t, f, "c", "text")
	e.awaitText("node c was removed from the cluster at index")
	e.awaitText("start with an empty data folder and another node.id")
	f.serves(t, "a", "without-c", "1")
	if err := e.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-e.ended:
		if err != nil {
			t.Errorf("a removed node that was told to end: %v\n%s", err, e.said.String())
		}
	case <-time.After(patient):
		t.Fatal("it does not end")
	}
}

// TestEndingWithoutOpenFiles: if the limit of open files falls while a node runs, the node ends at
// the first file of its data that it cannot open.
func TestEndingWithoutOpenFiles(t *testing.T) {
	t.Parallel()
	prlimit, err := exec.LookPath("prlimit")
	if err != nil {
		t.Skip("needs prlimit, which lowers the limit of a process that runs")
	}
	f := startTrio(t)
	f.aion(t, "cluster", "transfer", "a", "--addr", f.nodes["a"].http)
	if err := f.stop("c"); err != nil {
		t.Fatal(err)
	}
	e := runToItsEnd(t, f, "c", "json")
	if err := f.isReady("c"); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(prlimit, "--nofile=20:", "--pid", fmt.Sprint(e.cmd.Process.Pid)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	large := `"` + strings.Repeat("x", 1_500_000) + `"`
	err = eventually(func() error { // until the log or the state opens a new file
		f.serves(t, "a", fmt.Sprint("large-", time.Now().UnixNano()), large)
		if !strings.Contains(e.said.String(), "must not go on") {
			return errors.New("it goes on")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	e.checkEnd("json", exitRefused, "too many open files", "LimitNOFILE=")
	f.serves(t, "a", "without-c", "1")
}

// TestEndingOfAWrongState: the node's digest differs from the others', so it must stop.
func TestEndingOfAWrongState(t *testing.T) {
	t.Parallel()
	f := startTrio(t)
	f.aion(t, "cluster", "transfer", "a", "--addr", f.nodes["a"].http)
	if err := f.kill("c"); err != nil {
		t.Fatal(err)
	}
	c := f.nodes["c"]
	applyGhost(t, filepath.Join(c.data, "state"))
	f.serves(t, "a", "while-c-is-away", "1")
	e := runToItsEnd(t, f, "c", "json")
	e.checkEnd("json", exitRefused, "2 of 3 voters have", "this node has", "its state is wrong", "empty data folder and another node.id")
	f.serves(t, "a", "without-c", "1")
	runToItsEnd(t, f, "c", "text").checkEnd("text", exitRefused, c.data+" is quarantined", "its state is wrong", "empty data folder and another node.id")
}

// applyGhost applies an entry that is in no log to the state of a stopped node, in place of the
// next entry, which the node then skips.
func applyGhost(t *testing.T, dir string) {
	t.Helper()
	s, err := fsm.Open(fsm.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	e, err := fsm.EncodeEntry(fsm.Entry{Commands: []fsm.Envelope{{Command: &fsm.AnnounceLeader{Node: "ghost", Term: 1 << 40}}}})
	if err != nil {
		t.Fatal(err)
	}
	_, before := s.Digest()
	if _, err := s.Apply(s.Applied()+1, e); err != nil {
		t.Fatal(err)
	}
	if _, after := s.Digest(); after == before {
		t.Fatal("the ghost left no trace")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// answers reports whether a node's HTTP port answers.
func (f *fleet) answers(name string) error {
	resp, err := f.get(name, "/health/live")
	if err == nil {
		resp.Body.Close()
	}
	return err
}

// isReady waits until a node that is not a process of the fleet is ready.
func (f *fleet) isReady(name string) error {
	return eventually(func() error {
		resp, err := f.get(name, "/health/ready")
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != 200 {
			return errors.New(resp.Status)
		}
		return nil
	})
}

func (f *fleet) appliedBy(t *testing.T, name string) uint64 {
	t.Helper()
	s, err := f.status(name)
	if err != nil {
		t.Fatal(err)
	}
	return s.AppliedIndex
}

// hasApplied waits until a node has applied index.
func (f *fleet) hasApplied(t *testing.T, name string, index uint64) {
	t.Helper()
	err := eventually(func() error {
		s, err := f.status(name)
		if err == nil && s.AppliedIndex < index {
			err = fmt.Errorf("node %s has applied %d of %d", name, s.AppliedIndex, index)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// flipBit changes one bit of text in one of the files that match pattern.
func flipBit(t *testing.T, pattern, text string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(b, []byte(text)); at >= 0 {
			b[at+3] ^= 1
			if err := os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("none of %v holds %q", files, text)
}
