package tour

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/internal/built"
	"aion.dev/aion/internal/freeport"

	"aion.dev/aion/transport/client"
)

// patient bounds what a test waits for; nothing here takes that long unless it is broken.
const patient = 90 * time.Second

// binary is aion-node, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		if *at != "" {
			return m.Run() // somebody else's cluster
		}
		if err := lookAtSources(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		dir, err := os.MkdirTemp("", "aion-tour-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "aion-node")
		if err := built.Node(binary); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// lookAtSources keeps the go command from repeating an old result: it does so while the files that
// a test has looked at are the same, and knows nothing of what the test has built from others.
func lookAtSources() error {
	return filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist): // others may be at work
			return err
		case err == nil && d.IsDir() && len(d.Name()) > 2 && d.Name()[0] == '.':
			return filepath.SkipDir
		case err == nil:
			switch filepath.Ext(path) {
			case ".go", ".star", ".js", ".css", ".html":
				_, _ = os.Stat(path)
			}
		}
		return nil
	})
}

// process is a node.
type process struct {
	id, http string
	args     []string
	mu       sync.Mutex // over what follows
	cmd      *exec.Cmd
	output   bytes.Buffer
}

func (p *process) start(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd = exec.Command(binary, p.args...)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
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

// cluster is three nodes.
type cluster struct {
	nodes  map[string]*process
	client *client.Client
}

// newCluster starts three nodes that end with the test.
func newCluster(t testing.TB) *cluster { return newNodes(t, "n1", "n2", "n3") }

func newNodes(t testing.TB, ids ...string) *cluster {
	t.Helper()
	dir := t.TempDir()
	addresses, err := freeport.Take(3 * len(ids))
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{nodes: map[string]*process{}}
	var join, urls []string
	for i := range ids {
		join = append(join, addresses[3*i+2])
		urls = append(urls, "http://"+addresses[3*i])
	}
	for i, id := range ids {
		c.nodes[id] = &process{id: id, http: addresses[3*i], args: []string{"serve", "--id", id, "--data-dir", filepath.Join(dir, id),
			"--http-address", addresses[3*i], "--raft-address", addresses[3*i+1], "--gossip-address", addresses[3*i+2],
			"--bootstrap-expect", strconv.Itoa(len(ids)), "--join", strings.Join(join, ","), "--audit-file", filepath.Join(dir, id+"-audit.jsonl")}}
	}
	t.Cleanup(func() {
		for _, p := range c.nodes {
			p.kill()
			if t.Failed() {
				t.Logf("%s said:\n%s", p.id, p.output.Bytes()[max(0, p.output.Len()-3000):])
			}
		}
	})
	for _, p := range c.nodes {
		p.start(t)
	}
	if c.client, err = client.New(client.Config{Addresses: urls}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.client.Close)
	c.settle(t)
	return c
}

// settle waits until all nodes are ready and see all others.
func (c *cluster) settle(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	for {
		seen, err := c.client.Cluster(ctx)
		if err == nil && seen.Leader != "" && len(seen.Members) == len(c.nodes) {
			alive := 0
			for _, m := range seen.Members {
				if m.Status == "alive" && m.HTTPAddress != "" {
					alive++
				}
			}
			if alive == len(c.nodes) {
				return
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("the cluster did not come together: %v, %+v", err, seen)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// leader returns the id of the node that leads.
func (c *cluster) leader(t testing.TB) string {
	t.Helper()
	seen, err := c.client.Cluster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return seen.Leader
}

// follower returns a node that does not lead.
func (c *cluster) follower(t testing.TB) *process {
	t.Helper()
	leader := c.leader(t)
	for id, p := range c.nodes {
		if id != leader {
			return p
		}
	}
	return nil
}
