package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// pod is a node as deploy/kubernetes runs it: it makes up its id, keeps it with its volume, and may
// come back at another address.
type pod struct {
	name, volume, address string
	cmd                   *exec.Cmd
	log                   string
}

// podPorts are those of the manifests plus 20,000, at an address of its own for each pod.
const podHTTP, podNode, podGossip = 27600, 27601, 27602

func (p *pod) at(port int) string { return fmt.Sprintf("%s:%d", p.address, port) }

// start runs the pod at its address; peers are gossip addresses, as its environment lists them.
func (p *pod) start(t *testing.T, peers []string) {
	t.Helper()
	binary, err := exec.LookPath("aion-node")
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.cmd = exec.Command(binary, "serve")
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.volume, "TMPDIR=" + os.TempDir(),
		"AION_NODE_DATA_DIR=" + p.volume, "AION_CLUSTER_NAME=pods", "AION_CLUSTER_BOOTSTRAP_EXPECT=3", "AION_CLUSTER_PROMOTE_AFTER=500ms", "AION_CLUSTER_JOIN=" + strings.Join(peers, ","),
		"AION_HTTP_ADDRESS=" + p.at(podHTTP), "AION_RAFT_ADDRESS=" + p.at(podNode), "AION_GOSSIP_ADDRESS=" + p.at(podGossip),
		"AION_PORT=tcp://10.0.0.1:7600", // of a Service called aion: passed over
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (p *pod) end(sig syscall.Signal) {
	if p.cmd != nil && p.cmd.Process != nil && p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Signal(sig)
		_ = p.cmd.Wait() // its status says no more than its log
	}
}

// awaitReady is the readiness probe.
func (p *pod) awaitReady(t *testing.T) {
	t.Helper()
	c, err := client.New(client.Config{Addresses: []string{p.at(podHTTP)}, Patience: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := eventually(func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		return c.Ready(ctx)
	}); err != nil {
		said, _ := os.ReadFile(p.log)
		t.Fatalf("%s is not ready: %v\n%s", p.name, err, said[max(0, len(said)-4000):])
	}
}

// TestPods imitates what Kubernetes does to the StatefulSet of deploy/kubernetes: all pods are
// restarted one by one, each at another address, under load; then one comes back without its
// volume. Every acknowledged change is there in the end.
func TestPods(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var pods []*pod
	var peers []string
	for i := range 3 {
		p := &pod{name: fmt.Sprintf("aion-%d", i), address: fmt.Sprintf("127.0.77.%d", i+1)}
		p.volume, p.log = filepath.Join(dir, p.name), filepath.Join(dir, p.name+".log")
		pods, peers = append(pods, p), append(peers, p.at(podGossip))
		t.Cleanup(func() { p.end(syscall.SIGKILL) })
	}
	for _, p := range pods {
		p.start(t, peers)
	}
	for _, p := range pods {
		p.awaitReady(t)
	}
	addresses := func() (all []string) {
		for i := range pods {
			all = append(all, fmt.Sprintf("127.0.77.%d:%d", i+1, podHTTP), fmt.Sprintf("127.0.77.%d:%d", i+11, podHTTP))
		}
		return all
	}
	c, err := client.New(client.Config{Addresses: addresses(), Patience: patient})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()

	ctx, stop := context.WithCancel(t.Context())
	acknowledged, failed := 0, error(nil)
	var load sync.WaitGroup
	load.Go(func() {
		for ctx.Err() == nil && failed == nil {
			// any change will do whose name can be looked for later
			_, err := c.LimitQueue(context.WithoutCancel(ctx), fmt.Sprintf("q%d", acknowledged), wire.QueueLimits{Rate: "7/s"})
			if err == nil {
				acknowledged++
			}
			failed = err
			time.Sleep(5 * time.Millisecond)
		}
	})
	for i, p := range pods { // kubectl rollout restart
		p.end(syscall.SIGTERM)
		p.address = fmt.Sprintf("127.0.77.%d", i+11)
		peers[i] = p.at(podGossip)
		p.start(t, peers)
		p.awaitReady(t)
	}
	before := podIDs(t, c, 3)

	lost := pods[2] // its machine is gone, and its volume with it
	lost.end(syscall.SIGKILL)
	if err := os.RemoveAll(lost.volume); err != nil {
		t.Fatal(err)
	}
	lost.start(t, peers)
	lost.awaitReady(t)
	after := podIDs(t, c, 3)
	stop()
	load.Wait()
	if failed != nil || acknowledged == 0 {
		t.Fatalf("after %d changes: %v", acknowledged, failed)
	}
	same := 0
	for id := range before {
		if after[id] {
			same++
		}
	}
	if same != 2 {
		t.Errorf("the members were %v, and are %v: want one to have come in the place of another", before, after)
	}
	for n := range acknowledged {
		if q, err := c.Queue(t.Context(), fmt.Sprintf("q%d", n)); err != nil || q.Limits.Rate != "7/s" {
			t.Fatalf("change %d of %d was acknowledged and is lost: %+v, %v", n, acknowledged, q, err)
		}
	}
}

// podIDs waits until exactly n members are there, vote and answer, and returns their ids.
func podIDs(t *testing.T, c *client.Client, n int) (ids map[string]bool) {
	t.Helper()
	if err := eventually(func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		s, err := c.Cluster(ctx)
		if err != nil {
			return err
		}
		ids = map[string]bool{}
		for _, m := range s.Members {
			if m.Role == "voter" && m.Status == "alive" {
				ids[m.ID] = true
			}
		}
		if len(ids) != n || len(s.Members) != n {
			return fmt.Errorf("the members are %+v", s.Members)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return ids
}
