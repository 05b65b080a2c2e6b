package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ending is a node that runs until it ends by itself, and its output. Nothing waits until it is
// ready, because many of these nodes never are.
type ending struct {
	t     *testing.T
	cmd   *exec.Cmd
	said  lockedBuffer // on stderr
	ended chan error
}

// runToItsEnd starts a node of the fleet to examine its end. format is the format of its log.
func runToItsEnd(t *testing.T, f *fleet, name, format string, flags ...string) *ending {
	t.Helper()
	cmd, err := f.nodes[name].command(f.dir, append([]string{"--log-format", format}, flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	return runCommandToItsEnd(t, cmd)
}

func runCommandToItsEnd(t *testing.T, cmd *exec.Cmd) *ending {
	t.Helper()
	e := &ending{t: t, cmd: cmd, ended: make(chan error, 1)}
	cmd.Stderr = &e.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	go func() { e.ended <- cmd.Wait() }()
	return e
}

// awaitText waits until the node's log contains text.
func (e *ending) awaitText(text string) {
	e.t.Helper()
	err := eventually(func() error {
		if !strings.Contains(e.said.String(), text) {
			return fmt.Errorf("the node does not say %q", text)
		}
		return nil
	})
	if err != nil {
		e.t.Fatalf("%v; it said:\n%s", err, e.said.String())
	}
}

// checkEnd waits for the end. It checks the exit status, and that the last message, in the format
// of the log, is an error that contains all of these words. Hints may follow it.
func (e *ending) checkEnd(format string, status int, words ...string) {
	e.t.Helper()
	select {
	case <-e.ended:
	case <-time.After(patient):
		_ = e.cmd.Process.Kill()
		<-e.ended
		e.t.Errorf("the node goes on; it said:\n%s", e.said.String())
		return
	}
	said := strings.TrimSpace(e.said.String())
	if got := e.cmd.ProcessState.ExitCode(); got != status {
		e.t.Errorf("exit status %d, want %d; it said:\n%s", got, status, said)
	}
	last, err := lastWords(format, said)
	if err != nil {
		e.t.Errorf("%v; it said:\n%s", err, said)
		return
	}
	for _, w := range words {
		if !strings.Contains(last, w) {
			e.t.Errorf("in %s its last word is\n%s\nwithout %q; it said:\n%s", format, last, w, said)
		}
	}
	e.t.Logf("%s: %s", format, last)
}

// lastWords returns the error that a log ends with, and its hint.
func lastWords(format, said string) (string, error) {
	lines := strings.Split(said, "\n")
	if format == "text" {
		for i, l := range lines {
			if strings.HasPrefix(l, "goroutine ") || strings.HasPrefix(l, "panic: ") {
				return "", fmt.Errorf("line %d is a dump", i+1)
			}
		}
		at := len(lines) - 1
		if strings.HasPrefix(lines[at], "hint: ") && at > 0 {
			at--
		}
		if !strings.HasPrefix(lines[at], "error[") {
			return "", fmt.Errorf("the log does not end with an error")
		}
		return strings.Join(lines[at:], "\n"), nil
	}
	var last struct {
		Level   string `json:"@level"`
		Message string `json:"@message"`
		Code    string `json:"code"`
		Error   string `json:"error"`
		Hint    string `json:"hint"`
	}
	for i, l := range lines {
		last.Message = ""
		if err := json.Unmarshal([]byte(l), &last); err != nil {
			return "", fmt.Errorf("line %d is not JSON: %w", i+1, err)
		}
	}
	if last.Level != "error" || last.Message != "this node has ended" || last.Code == "" {
		return "", fmt.Errorf("the log does not end with an error")
	}
	return fmt.Sprintf("error[%s]: %s\n%s", last.Code, last.Error, last.Hint), nil
}

// startTrio starts three nodes; c is the one to break, and never leads.
func startTrio(t *testing.T) *fleet {
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	t.Cleanup(f.killAll)
	if err := f.startAll("a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	f.deploy(t)
	return f
}

// deploy loads a one-line workflow.
func (f *fleet) deploy(t *testing.T) {
	t.Helper()
	dir := filepath.Join(f.dir, "once")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"workflow.toml": "[[workflow]]\ntype = \"once\"\nentry_module = \"once\"\n",
		"once.star":     "def run(ctx, input):\n    return 1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	f.aion(t, "package", dir, "--out", dir+".aion")
	f.aion(t, "deploy", dir+".aion", "--addr", f.nodes["a"].http)
}

// aion runs a command line, which must succeed.
func (f *fleet) aion(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("aion-node", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("aion-node %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// serves checks that a node accepts a start.
func (f *fleet) serves(t *testing.T, name, id, input string) {
	t.Helper()
	body := fmt.Sprintf(`{"type":"once","workflow_id":%q,"input":%s}`, id, input)
	err := eventually(func() error {
		resp, err := f.client.Post("http://"+f.nodes[name].http+"/v1/workflows", "application/json", strings.NewReader(body))
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusCreated && resp.StatusCode != http.StatusConflict { // an earlier try succeeded
			return fmt.Errorf("start %s through %s: %s", id, name, resp.Status)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// keep copies a node's data folder, and returns a function that restores it. The node must not run,
// and whatever runs on the folder in between must not have acknowledged anything.
func (f *fleet) keep(t *testing.T, name string) (putBack func()) {
	t.Helper()
	data := f.nodes[name].data
	kept := filepath.Join(t.TempDir(), "kept")
	copyFolder(t, data, kept)
	return func() {
		t.Helper()
		if err := os.RemoveAll(data); err != nil {
			t.Fatal(err)
		}
		copyFolder(t, kept, data)
	}
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}
