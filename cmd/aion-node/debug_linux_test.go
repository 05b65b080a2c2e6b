package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"aion.dev/aion/internal/await"
	"golang.org/x/sys/unix"
)

// openTerminal makes a terminal of 80 columns: what is written to keys is typed, and what the
// process shows is read from it.
func openTerminal(t *testing.T) (keys, tty *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine has no pseudo-terminals: %v", err)
	}
	t.Cleanup(func() { keys.Close() })
	fd := int(keys.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 20, Col: 80}); err != nil {
		t.Fatal(err)
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	return keys, tty
}

// screen is what a terminal was sent.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// take returns what came since the last call once it has a text.
func (s *screen) take(t *testing.T, text string) (shown string) {
	t.Helper()
	await.Poll(t, "a screen with "+text, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if shown = s.text.String(); !strings.Contains(shown, text) {
			return false
		}
		s.text.Reset()
		return true
	})
	return shown
}

// TestDebugOnTerminal goes on and back with keys, in a recording that an earlier build exported.
func TestDebugOnTerminal(t *testing.T) {
	binary, err := exec.LookPath("aion-node")
	if err != nil {
		t.Fatal(err)
	}
	keys, tty := openTerminal(t)
	before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "debug", "testdata/exported/order.run.json")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	s := new(screen)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := keys.Read(buf)
			if err != nil {
				return
			}
			s.Write(buf[:n])
		}
	}()
	press := func(key, want string) string {
		t.Helper()
		if _, err := keys.WriteString(key); err != nil {
			t.Fatal(err)
		}
		return s.take(t, want)
	}
	first := s.take(t, "q quit")
	for _, want := range []string{"turn 1 of 3", "WorkflowStarted", "order.star:6:24 in run", `state = {"stage": "asked"}`, "…"} {
		if !strings.Contains(first, want) {
			t.Errorf("the first screen lacks %q: %q", want, first)
		}
	}
	if second := press("n", "turn 2 of 3"); !strings.Contains(second, `answer = {"by": "Ada"}`) {
		t.Errorf("the second screen is %q", second)
	}
	press("\x1b[D", "turn 1 of 3")
	press("\x1b[D", "turn 1 of 3") // there is none before
	if last := press("G", "turn 3 of 3"); !strings.Contains(last, "the code has ended") {
		t.Errorf("the last screen is %q", last)
	}
	press("q", "\x1b[?1049l")
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	after, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal is not as it was: %v", err)
	}
}
