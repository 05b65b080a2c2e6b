package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The first signal lets calls in progress finish; the second ends the process at once.
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
	conn, err := net.Dial("tcp", p.http) // a call whose body never arrives
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/workflows HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")
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

// A closed terminal and `systemctl reload` send SIGHUP: the node rereads its certificates, logs
// that, and goes on.
func TestHangUpReloads(t *testing.T) {
	dir := t.TempDir()
	writeCertificates(t, dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	f := &fleet{dir: dir, nodes: map[string]*process{}, scheme: "https"}
	defer f.killAll()
	if err := f.start("a", "--tls-cert-file", at("node.pem"), "--tls-key-file", at("node.key"), "--tls-ca-file", at("ca.pem"),
		"--auth-tokens", "ci:write:0123456789abcdef"); err != nil {
		t.Fatal(err)
	}
	p := f.nodes["a"]
	says := func(what string) error {
		return eventually(func() error {
			if log, err := os.ReadFile(p.log.Name()); err != nil || !strings.Contains(string(log), what) {
				return fmt.Errorf("the node's log does not say %q", what)
			}
			return nil
		})
	}
	if err := says("leading: taking turns"); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		edit func()
		want string
	}{
		{func() {}, "reload: the certificates are the same"},
		{func() { writeCertificates(t, dir) }, "reload: new certificates are shown"},
		{func() { os.WriteFile(at("node.pem"), []byte("half a cert"), 0o600) }, "reload: what is in the files cannot be used"},
	} {
		step.edit()
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if err := says(step.want); err != nil {
			t.Error(err)
		}
	}
	if !p.running() {
		t.Error("the node ended")
	}
}
