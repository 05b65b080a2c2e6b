package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/cmd/aion-node/dev"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// devProcess is a running aion-node dev, and the events that it has printed.
type devProcess struct {
	*client.Client
	t    *testing.T
	cmd  *exec.Cmd
	told chan dev.Event
	errs strings.Builder

	passed []dev.Event // printed while waiting for another event, oldest first
}

func startDev(t *testing.T, dir string, flags ...string) *devProcess {
	t.Helper()
	binary, err := exec.LookPath("aion-node")
	if err != nil {
		t.Fatal(err)
	}
	p := &devProcess{t: t, told: make(chan dev.Event, 10_000)}
	p.cmd = exec.Command(binary, append([]string{"dev", dir, "--json", "--http-address", "127.0.0.1:0"}, flags...)...)
	p.cmd.Stderr = &p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	var serving struct {
		Event string `json:"event"`
		URL   string `json:"url"`
	}
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &serving) != nil || serving.Event != "serving" {
		t.Fatalf("it began with %q; %s", lines.Text(), p.errs.String())
	}
	if p.Client, err = client.New(client.Config{Addresses: []string{serving.URL}, Patience: patient}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Client.Close)
	go func() {
		defer close(p.told)
		for lines.Scan() {
			var e dev.Event
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Errorf("it told %q: %v", lines.Text(), err)
			}
			p.told <- e
		}
	}()
	return p
}

// hears returns the oldest event of a name that was not returned yet, waiting for it if necessary.
// It keeps events of other names for later calls, because a run may log before its start is
// reported.
func (p *devProcess) hears(name string) dev.Event {
	p.t.Helper()
	named := func(e dev.Event) bool { return e.Event == name }
	if i := slices.IndexFunc(p.passed, named); i >= 0 {
		e := p.passed[i]
		p.passed = slices.Delete(p.passed, i, i+1)
		return e
	}
	timer := time.NewTimer(patient)
	defer timer.Stop()
	for {
		select {
		case e, ok := <-p.told:
			if !ok {
				p.t.Fatalf("it ended without telling %s; %s", name, p.errs.String())
			}
			if named(e) {
				return e
			}
			p.passed = append(p.passed, e)
		case <-timer.C:
			p.t.Fatalf("it does not tell %s, but %+v; %s", name, p.passed, p.errs.String())
		}
	}
}

// end ends it as ^C does.
func (p *devProcess) end() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	for range p.told {
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("it ended with %v; %s", err, p.errs.String())
	}
}

const devWorkflow = `
def run(ctx, input):
    ctx.log("begins with VERSION")
    return [ctx.signal("go"), "VERSION"]
`

func TestDev(t *testing.T) {
	dir := t.TempDir()
	save := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	code := func(version string) string { return strings.ReplaceAll(devWorkflow, "VERSION", version) }
	ctx, cancel := context.WithTimeout(t.Context(), 3*patient)
	defer cancel()
	start := func(p *devProcess, id string) {
		t.Helper()
		if _, err := p.Start(ctx, wire.StartRequest{Type: "w", WorkflowID: id}); err != nil {
			t.Fatal(err)
		}
	}
	finish := func(p *devProcess, id, want string) {
		t.Helper()
		if _, err := p.Signal(ctx, wire.RunRef{WorkflowID: id}, "go", json.RawMessage("1")); err != nil {
			t.Fatal(err)
		}
		r, err := p.Result(ctx, wire.RunRef{WorkflowID: id}, patient)
		if err != nil || string(r.Result) != want {
			t.Fatalf("%s: %+v, %v", id, r, err)
		}
	}

	save("workflow.toml", "[[workflow]]\nentry_module = \"w\"\n")
	save("src/w.star", code("one"))
	p := startDev(t, dir, "--data-dir", filepath.Join(dir, "data"))
	one := p.hears(dev.Deployed)
	start(p, "a")
	if e := p.hears(dev.Says); e.Workflow != "a" || e.Message != "begins with one" {
		t.Errorf("%+v", e)
	}
	if e := p.hears(dev.Started); e.Workflow != "a" || e.Type != "w" || e.Version != one.Version {
		t.Errorf("%+v", e)
	}

	// A save is deployed; the run in progress keeps its version.
	save("src/w.star", code("two"))
	two := p.hears(dev.Deployed)
	if e := p.hears(dev.Left); two.Version == one.Version || e.Version != one.Version || e.Runs != 1 {
		t.Errorf("%+v, then %+v", two, e)
	}
	// A save that does not compile is reported with its position, and so is another broken file of
	// the project. After both are undone, everything is as before.
	save("src/w.star", code("two")+"x = nothing\n")
	if e := p.hears(dev.Problem); !strings.Contains(e.Message, "src/w.star:5:5: undefined: nothing") {
		t.Errorf("%+v", e)
	}
	save("workflow.toml", "[[workflow]]\nentry_module = \"w\"\nentri = 1\n")
	if e := p.hears(dev.Problem); !strings.Contains(e.Message, "workflow.toml:3:1") {
		t.Errorf("%+v", e)
	}
	save("workflow.toml", "[[workflow]]\nentry_module = \"w\"\n")
	save("src/w.star", code("two"))
	if e := p.hears(dev.Deployed); e.Version != two.Version {
		t.Errorf("%+v", e)
	}
	start(p, "b")
	finish(p, "a", `[1,"one"]`)
	if e := p.hears(dev.Closed); e.Workflow != "a" || e.Status != "completed" || e.Version != one.Version || e.Took == "" {
		t.Errorf("%+v", e)
	}
	if e := p.hears(dev.Left); e.Version != one.Version || e.Runs != 0 {
		t.Errorf("%+v", e)
	}
	for i := range 60 {
		start(p, fmt.Sprintf("many-%d", i))
	}
	p.end()

	// With --data-dir everything is still there.
	p = startDev(t, dir, "--data-dir", filepath.Join(dir, "data"))
	if e := p.hears(dev.Deployed); e.Version != two.Version {
		t.Errorf("%+v", e)
	}
	finish(p, "b", `[1,"two"]`)
	if e := p.hears(dev.Closed); e.Workflow != "b" {
		t.Errorf("%+v", e)
	}
	p.end()
}

// Without --data-dir nothing is left behind.
func TestDevLeavesNothingBehind(t *testing.T) {
	dir, tmp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	if err := os.WriteFile(filepath.Join(dir, "workflow.toml"), []byte("[[workflow]]\nentry_module = \"w\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	p := startDev(t, dir) // the module is missing
	if e := p.hears(dev.Problem); !strings.Contains(e.Message, `entry_module is "w", but the package has no such module`) {
		t.Errorf("%+v", e)
	}
	if err := os.WriteFile(filepath.Join(dir, "w.star"), []byte("def run(ctx, input): return 1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	p.hears(dev.Deployed)
	p.end()
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("%v is left in %s, %v", left, tmp, err)
	}
}
