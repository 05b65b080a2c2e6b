package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/internal/built"
	"aion.dev/aion/internal/freeport"

	"aion.dev/aion/transport/wire"
)

// patient bounds what a test waits for; nothing here takes that long unless it is broken.
const patient = 90 * time.Second

// binaries is the folder with aion-node and worker, built once.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		err := lookAtSources()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if binaries, err = os.MkdirTemp("", "aion-examples-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(binaries)
		if err := built.Node(filepath.Join(binaries, "aion-node")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(binaries, "worker"), "./workers/go").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the worker: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// lookAtSources keeps the go command from repeating an old result: it does so while the files that
// a test has looked at are the same, and knows nothing of what the test has built from others.
func lookAtSources() error {
	return filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist): // others may be at work
			return err
		case err == nil && d.IsDir() && len(d.Name()) > 2 && d.Name()[0] == '.':
			return filepath.SkipDir
		case err == nil && (filepath.Ext(path) == ".go" || filepath.Ext(path) == ".star"):
			_, _ = os.Stat(path)
		}
		return nil
	})
}

// process is something that runs, and can be killed and started again as it was.
type process struct {
	t      *testing.T
	name   string
	dir    string
	env    []string
	args   []string
	mu     sync.Mutex // over cmd
	cmd    *exec.Cmd
	output bytes.Buffer
}

// start runs it, again if it ran before.
func (p *process) start() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd = exec.Command(p.args[0], p.args[1:]...)
	p.cmd.Dir, p.cmd.Env = p.dir, append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		p.t.Errorf("%s: %v", p.name, err)
	}
}

// kill ends it as a power cut would.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil && p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// place is where a test happens: a folder, the nodes of a cluster, and workers.
type place struct {
	t     *testing.T
	dir   string
	nodes map[string]*process // by node id
	addrs []string            // of their HTTP
}

// newPlace starts a cluster. Everything ends with the test; what the processes said is told if it
// failed.
func newPlace(t *testing.T, nodes int) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), nodes: map[string]*process{}}
	docs, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(docs, filepath.Join(p.dir, "docs")); err != nil {
		t.Fatal(err)
	}
	ports, err := freeport.Take(3 * nodes)
	if err != nil {
		t.Fatal(err)
	}
	http, raft, gossip := ports[:nodes], ports[nodes:2*nodes], ports[2*nodes:]
	p.addrs = http
	for i := range nodes {
		id := fmt.Sprintf("n%d", i+1)
		p.nodes[id] = p.process(id, []string{
			"AION_NODE_ID=" + id, "AION_NODE_DATA_DIR=data-" + id, "AION_HTTP_ADDRESS=" + http[i], "AION_RAFT_ADDRESS=" + raft[i], "AION_GOSSIP_ADDRESS=" + gossip[i],
			"AION_CLUSTER_BOOTSTRAP_EXPECT=" + fmt.Sprint(nodes), "AION_CLUSTER_JOIN=" + strings.Join(gossip, ","),
		}, filepath.Join(binaries, "aion-node"), "serve")
		p.nodes[id].start()
	}
	p.eventually("all nodes are ready", func() error {
		for _, addr := range p.addrs {
			if err := get(addr, "/health/ready", nil); err != nil {
				return err
			}
		}
		return nil
	})
	return p
}

// addr is where the cluster is.
func (p *place) addr() string { return strings.Join(p.addrs, ",") }

// leader is the node that leads, as any node sees it; nil if none does.
func (p *place) leader() *process {
	for _, addr := range p.addrs {
		var c wire.Cluster
		if err := get(addr, "/v1/cluster", &c); err == nil && c.Leader != "" {
			return p.nodes[c.Leader]
		}
	}
	return nil
}

func get(addr, path string, into any) error {
	resp, err := http.Get("http://" + addr + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

func (p *place) process(name string, env []string, args ...string) *process {
	q := &process{t: p.t, name: name, dir: p.dir, env: env, args: args}
	p.t.Cleanup(func() {
		q.kill()
		if p.t.Failed() {
			said := q.output.String()
			p.t.Logf("%s said at last:\n%s", name, said[max(0, len(said)-4000):])
		}
	})
	return q
}

// shell runs commands with aion-node in the path, talking to the node.
func (p *place) shell(script string) (string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), patient)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euc", script)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), "PATH="+binaries+":"+os.Getenv("PATH"), "AION_ADDR="+p.addr())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// eventually tries until f succeeds.
func (p *place) eventually(what string, f func() error) {
	p.t.Helper()
	tick, over := time.NewTicker(20*time.Millisecond), time.After(patient)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-over:
			p.t.Fatalf("waited in vain: %s: %v", what, err)
		}
	}
}

// python returns the interpreter, or skips the test, loudly.
func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: there is no python3 here, so nothing shows that workers in Python work")
	}
	if out, err := exec.Command(path, "-c", "import sys; assert sys.version_info >= (3, 10)").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: python3 is too old: %s", strings.TrimSpace(string(out)))
	}
	return path
}
