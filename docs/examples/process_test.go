package examples_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
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
		for name, path := range map[string]string{"aion-node": "../../cmd/aion-node", "worker": "./workers/go"} {
			if out, err := exec.Command("go", "build", "-o", filepath.Join(binaries, name), path).CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "build %s: %v\n%s", path, err, out)
				return 1
			}
		}
		return m.Run()
	}())
}

// lookAtSources keeps the go command from repeating an old result: it does so while the files that a test has looked at are the same, and knows nothing of what
// the test has built from others.
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

// place is where a test happens: a folder, a node of a cluster of one, and workers.
type place struct {
	t    *testing.T
	dir  string
	node *process
	addr string
}

// newPlace starts a node. Everything ends with the test; what the processes said is told if it failed.
func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir()}
	docs, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(docs, filepath.Join(p.dir, "docs")); err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 3)
	p.addr = ports[0]
	p.node = p.process("node", []string{"AION_HTTP_ADDRESS=" + ports[0], "AION_RAFT_ADDRESS=" + ports[1], "AION_GOSSIP_ADDRESS=" + ports[2]},
		filepath.Join(binaries, "aion-node"), "serve")
	p.node.start()
	p.ready()
	return p
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

// ready waits until the node leads.
func (p *place) ready() {
	p.t.Helper()
	p.eventually("the node is ready", func() error {
		resp, err := http.Get("http://" + p.addr + "/health/ready")
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

// shell runs commands with aion-node in the path, talking to the node.
func (p *place) shell(script string) (string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), patient)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euc", script)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), "PATH="+binaries+":"+os.Getenv("PATH"), "AION_ADDR="+p.addr)
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

// freePorts finds loopback addresses that nobody listens on, neither with TCP nor with UDP. They are all held before any is let go.
func freePorts(t *testing.T, n int) (addresses []string) {
	t.Helper()
	for len(addresses) < n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if u, err := net.ListenPacket("udp", l.Addr().String()); err == nil {
			defer u.Close()
			addresses = append(addresses, l.Addr().String())
		}
	}
	return addresses
}

// python returns the interpreter, or skips the test, loudly.
func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: there is no python3 here, so nothing shows that the protocol needs no SDK")
	}
	if out, err := exec.Command(path, "-c", "import sys; assert sys.version_info >= (3, 9)").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: python3 is too old: %s", strings.TrimSpace(string(out)))
	}
	return path
}
