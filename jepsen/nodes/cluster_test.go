package nodes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/internal/built"
	"aion.dev/aion/jepsen/links"
)

// binary is aion-node, once for all tests of the package.
func binary(t *testing.T) string {
	t.Helper()
	path, err := node()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var (
	folder string // of node
	node   = sync.OnceValues(func() (path string, err error) {
		path = filepath.Join(folder, "aion-node")
		return path, built.Node(path)
	})
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if folder, err = os.MkdirTemp("", "aion-nodes-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder)
		return m.Run()
	}())
}

// A leader that is cut off from the others, even in one direction only, is replaced; a healed
// cluster is whole again.
func TestLinksCarryAndCut(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c, err := Start(ctx, Config{Binary: binary(t), Dir: testDir(t), Nodes: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, oneWay := range []bool{false, true} {
		old := c.Leader(ctx)
		if old == nil {
			t.Fatal("nobody leads")
		}
		for _, n := range c.Nodes() {
			if n != old {
				c.Links.Set(old.Name, n.Name, links.Rule{Cut: true})
				if !oneWay {
					c.Links.Set(n.Name, old.Name, links.Rule{Cut: true})
				}
			}
		}
		for {
			if now := c.Leader(ctx); now != nil && now != old {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("one way %t: no other leader after %s was cut off", oneWay, old.Name)
			}
			time.Sleep(50 * time.Millisecond)
		}
		c.Links.Heal()
		if err := c.AwaitReady(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if dead := c.Dead(); len(dead) > 0 {
		t.Fatal(dead)
	}
}

func testDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "aion-nodes-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			os.RemoveAll(dir)
		}
	})
	t.Log("logs and data of a failure stay in " + dir)
	return dir
}

// While a node is held, others can be stopped and started without waiting for the holder. A node
// that waits for its peers to remove it once waited forever for those who waited for it.
func TestAHeldNodeIsLeftAlone(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c, err := Start(ctx, Config{Binary: binary(t), Dir: testDir(t), Nodes: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	held := c.Nodes()[0]
	held.Hold()
	started := make(chan error, 1)
	go func() {
		for _, n := range c.Nodes() {
			n.Kill()
		}
		for _, n := range c.Nodes() {
			if err := n.Start(); err != nil {
				started <- err
				return
			}
		}
		started <- nil
	}()
	select {
	case err := <-started:
		if err != nil {
			t.Fatal(err)
		}
	case <-ctx.Done():
		t.Fatal("the others wait for the node that is held")
	}
	if held.Running() {
		t.Error("a held node was started")
	}
	held.Release()
	if err := held.Start(); err != nil {
		t.Fatal(err)
	}
	if err := c.AwaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	if dead := c.Dead(); len(dead) > 0 {
		t.Fatal(dead)
	}
}
