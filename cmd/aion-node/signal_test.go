package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// The first signal lets calls under way finish; the second ends the process at once.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	defer f.killAll()
	if err := f.start("a", "--drain-timeout", "1h"); err != nil {
		t.Fatal(err)
	}
	if err := f.ready("a"); err != nil {
		t.Fatal(err)
	}
	p := f.nodes["a"]
	conn, err := net.Dial("tcp", p.http) // a call whose body never comes
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/workflows HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")
	if _, err := conn.Read(make([]byte, 16)); err != nil { // "100 Continue": the handler reads
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err = eventually(func() error {
		if log, err := os.ReadFile(p.log.Name()); err != nil || !strings.Contains(string(log), "shutting down") {
			return errors.New("the node does not say that it shuts down")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !p.running() {
		t.Fatal("the node ended although a call is under way")
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v, not by the second signal", p.cmd.ProcessState)
	}
}
