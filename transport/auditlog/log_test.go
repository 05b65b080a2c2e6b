package auditlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func open(t *testing.T, cfg Config) *Log {
	t.Helper()
	if cfg.Path == "" {
		cfg.Path = filepath.Join(t.TempDir(), "audit.jsonl")
	}
	cfg.Node = "n1"
	l, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// linesOf reads the lines of all files of a log, oldest first.
func linesOf(t *testing.T, path string) (lines []Line) {
	t.Helper()
	files, err := list(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		for text := range bytes.Lines(b) {
			var line Line
			if err := json.Unmarshal(text, &line); err != nil {
				t.Errorf("%s: %q: %v", f.path, text, err)
				continue
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func paths(t *testing.T, lines []Line) string {
	t.Helper()
	var all []string
	for _, l := range lines {
		all = append(all, l.Path)
	}
	return strings.Join(all, " ")
}

// Lines of many callers are whole, in the order of their ids, and of nobody else to read.
func TestLines(t *testing.T) {
	l := open(t, Config{})
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 50 {
				l.Write(Line{Who: "ci", Path: "/v1/x", Detail: "<a> \"b\"\n" + strings.Repeat("c", 200), Outcome: OK, Status: 200})
			}
		})
	}
	callers.Wait()
	lines := linesOf(t, l.cfg.Path)
	if len(lines) != 400 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		if want := fmt.Sprintf("n1-%s-%d", l.start, i+1); line.ID != want || line.Node != "n1" || line.Time.IsZero() {
			t.Fatalf("line %d: %+v, want id %s", i, line, want)
		}
	}
	if info, err := os.Stat(l.cfg.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A log that is opened again goes on behind what is there, also behind half a line.
func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(path, []byte(`{"id":"n1-x-1","time":"2026-01-01T00:00:00Z","path":"/a"}`+"\n"+`{"id":"n1-x-2","ti`), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, Config{Path: path}).Write(Line{Who: "ci", Path: "/b"})
	b, err := os.ReadFile(path)
	if lines := strings.Split(string(b), "\n"); err != nil || len(lines) != 4 || !strings.Contains(lines[2], `"/b"`) {
		t.Errorf("%q, %v", lines, err)
	}
}

func TestFilesAreKept(t *testing.T) {
	l := open(t, Config{Bytes: 1000, Keep: 2})
	for i := range 40 {
		l.Write(Line{Who: "ci", Path: fmt.Sprintf("/%02d", i), Detail: strings.Repeat("x", 300)})
	}
	files, err := list(l.cfg.Path)
	if err != nil || len(files) != 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f.path); err != nil || info.Size() > 1000 {
			t.Errorf("%s has %d bytes, %v", f.path, info.Size(), err)
		}
	}
	if got, want := paths(t, linesOf(t, l.cfg.Path)), "/34 /35 /36 /37 /38 /39"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A file that somebody moves away is followed by a new one, at once if the log is told.
func TestMovedAway(t *testing.T) {
	l := open(t, Config{})
	l.Write(Line{Who: "ci", Path: "/a"})
	if err := os.Rename(l.cfg.Path, l.cfg.Path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	l.Write(Line{Who: "ci", Path: "/b"})
	if err := os.Rename(l.cfg.Path, l.cfg.Path+"-20261129"); err != nil {
		t.Fatal(err)
	}
	l.tend()
	l.Write(Line{Who: "ci", Path: "/c"})
	if got := paths(t, linesOf(t, l.cfg.Path)); got != "/a /b /c" {
		t.Error(got)
	}
	for name, want := range map[string]string{".1": "/a", "-20261129": "/b", "": "/c"} {
		if b, err := os.ReadFile(l.cfg.Path + name); err != nil || strings.Count(string(b), "\n") != 1 || !strings.Contains(string(b), want) {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

// Where the file was, something else may stand: then lines go to the file that was moved.
func TestMovedAwayForSomethingElse(t *testing.T) {
	l := open(t, Config{Strict: true})
	l.Write(Line{Who: "ci", Path: "/a"})
	if err := os.Rename(l.cfg.Path, l.cfg.Path+".1"); err != nil {
		t.Fatal(err)
	}
	for _, stand := range []func(string) error{func(p string) error { return os.Mkdir(p, 0o700) }, func(p string) error { return syscall.Mkfifo(p, 0o600) }} {
		if err := stand(l.cfg.Path); err != nil {
			t.Fatal(err)
		}
		l.tend()
		if err := l.Refuses(); err != nil {
			t.Error(err)
		}
		l.Write(Line{Who: "ci", Path: "/b"})
		if err := os.Remove(l.cfg.Path); err != nil {
			t.Fatal(err)
		}
	}
	l.tend()
	l.Write(Line{Who: "ci", Path: "/c"})
	if got := paths(t, linesOf(t, l.cfg.Path)); got != "/a /b /b /c" {
		t.Error(got)
	}
}

// While the file cannot be written lines wait, mutations had better be refused, and nothing is lost
// or out of order afterwards.
func TestFullDisk(t *testing.T) {
	l := open(t, Config{Strict: true})
	l.Write(Line{Who: "ci", Path: "/a"})
	if l.Refuses() != nil {
		t.Fatal(l.Refuses())
	}
	good := l.file.File
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full:", err)
	}
	defer full.Close()
	l.file.File = full
	l.Write(Line{Who: "ci", Path: "/b"})
	if !errors.Is(l.Refuses(), syscall.ENOSPC) {
		t.Fatal(l.Refuses())
	}
	l.Write(Line{Who: "ci", Path: "/c"})
	l.file.File = good
	l.tend()
	l.Write(Line{Who: "ci", Path: "/d"})
	if err := l.Refuses(); err != nil {
		t.Fatal(err)
	}
	if got := paths(t, linesOf(t, l.cfg.Path)); got != "/a /b /c /d" {
		t.Error(got)
	}
	l.cfg.Strict, l.broken = false, syscall.ENOSPC
	if err := l.Refuses(); err != nil {
		t.Errorf("a log that is not strict refuses: %v", err)
	}
	l.broken = nil
}

// Strangers get some lines of their own in a second, and share one beyond.
func TestStrangers(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l := open(t, Config{Path: filepath.Join(dir, "audit.jsonl")})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- l.Run(ctx) }()
		for range Strangers + 37 {
			l.Write(Line{Path: "/stranger", Status: 401, Outcome: "rejected", Code: "unauthenticated"})
		}
		l.Write(Line{Who: "ci", Path: "/known"})
		time.Sleep(3 * time.Second)
		l.Write(Line{Path: "/later", Status: 401})
		lines := linesOf(t, l.cfg.Path)
		if len(lines) != Strangers+3 {
			t.Fatalf("%d lines", len(lines))
		}
		shared := lines[Strangers+1]
		if lines[Strangers].Path != "/known" || shared.Times != 37 || shared.Code != "unauthenticated" || lines[Strangers+2].Path != "/later" {
			t.Errorf("%+v", lines[Strangers:])
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(Config{Path: dir, Node: "n1"}); err == nil {
		t.Error("a folder was opened")
	}
	if _, err := Open(Config{Path: filepath.Join(dir, "a", "b"), Node: "n1"}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open(Config{Path: "/dev/null", Node: "n1"}); err == nil {
		t.Error("a device was opened")
	}
}
