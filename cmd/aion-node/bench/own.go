package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"aion.dev/aion/internal/freeport"
)

// Own is a cluster that was started for a measurement: processes of this binary on loopback.
type Own struct {
	executable string
	dir        string // each node's data and log
	ports      []string
	nodes      []*process
	flags      []string // of every node
	http       *http.Client
	patience   time.Duration // bounds each wait for nodes
	profiler   *profiler     // nil = nodes serve no profiles
}

// patience bounds each wait for nodes that hold little.
const patience = time.Minute

// Start starts a cluster of this many nodes and waits until all are ready. Their data is in a
// folder that is made in parent; "" is the system's folder for temporary files. The caller calls
// End, also after an error, if Own is not nil.
// Profiled nodes also serve profiles.
func Start(ctx context.Context, executable string, count int, parent string, profiled bool) (*Own, error) {
	dir, err := os.MkdirTemp(parent, "aion-bench-")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	ports, err := freeport.Take(portsOfNode * count)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	o := layOut(executable, dir, ports)
	if profiled {
		if err := o.serveProfiles(); err != nil {
			return o, err
		}
	}
	return o, o.startAll(ctx)
}

// serveProfiles gives each node an address for its profiles. No node has started yet.
func (o *Own) serveProfiles() error {
	ports, err := freeport.Take(len(o.nodes))
	if err != nil {
		return err
	}
	o.profiler = &profiler{http: &http.Client{}, nodes: map[string]string{}}
	for i, p := range o.nodes {
		p.args = append(p.args, "--debug-pprof-address", ports[i])
		o.profiler.nodes[p.name] = ports[i]
	}
	return nil
}

// portsOfNode is how many addresses a node listens at: for callers, other nodes and gossip.
const portsOfNode = 3

// layOut says which nodes a cluster has that listens at these addresses. It starts none.
func layOut(executable, dir string, ports []string, flags ...string) *Own {
	o := &Own{executable: executable, dir: dir, ports: ports, flags: flags, http: &http.Client{Timeout: 5 * time.Second}, patience: patience}
	count := len(ports) / portsOfNode
	for i := range count {
		o.nodes = append(o.nodes, o.node(string(rune('a'+i)), ports[portsOfNode*i:], count))
	}
	return o
}

// node says how a node of the cluster is started; expect is 0 for one that joins later.
func (o *Own) node(name string, ports []string, expect int) *process {
	var join []string
	for i := portsOfNode - 1; i < len(o.ports); i += portsOfNode {
		join = append(join, o.ports[i])
	}
	p := &process{name: name, dir: o.dir, http: ports[0]}
	p.args = append([]string{o.executable, "serve", "--id", name, "--data-dir", p.data(), "--http-address", p.http,
		"--raft-address", ports[1], "--gossip-address", ports[2],
		"--bootstrap-expect", fmt.Sprint(expect), "--join", strings.Join(join, ","), "--log-level", "warn"}, o.flags...)
	return p
}

// startAll starts all nodes and waits until they are ready.
func (o *Own) startAll(ctx context.Context) error {
	for _, p := range o.nodes {
		if err := o.start(p); err != nil {
			return err
		}
	}
	return o.ready(ctx)
}

// Addresses lists the nodes, the leader first if there is one: a client asks the first one that
// answers.
func (o *Own) Addresses() (list []string) {
	for _, p := range o.nodes {
		list = append(list, p.http)
		if g, err := scrape(context.Background(), o.http, "http://"+p.http); err == nil && g[gaugeLeader] == 1 {
			list[0], list[len(list)-1] = list[len(list)-1], list[0]
		}
	}
	return list
}

// start starts a process, for the first time or again on the same data and addresses.
func (o *Own) start(p *process) error {
	if err := p.start(); err != nil {
		return fmt.Errorf("start node %s: %w", p.name, err)
	}
	return nil
}

// ready waits until all nodes have a leader and have caught up.
func (o *Own) ready(ctx context.Context) error {
	for _, p := range o.nodes {
		if err := o.readyOne(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// readyOne waits until a node has a leader and has caught up.
func (o *Own) readyOne(ctx context.Context, p *process) error {
	err := o.retry(ctx, func() error {
		if !p.running() {
			return errEnded
		}
		resp, err := o.http.Get("http://" + p.http + "/health/ready")
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("node %s is not ready: %w; its log:\n%s", p.name, err, p.said())
	}
	return nil
}

var errEnded = errors.New("its process has ended")

// leader waits until a node leads, and returns it.
func (o *Own) leader(ctx context.Context) (leader *process, err error) {
	err = o.retry(ctx, func() error {
		for _, p := range o.nodes {
			if g, err := scrape(ctx, o.http, "http://"+p.http); err == nil && g[gaugeLeader] == 1 {
				leader = p
				return nil
			}
		}
		return errors.New("no node leads")
	})
	return leader, err
}

// End ends all nodes and removes their data. The data is worth nothing, so it kills them.
func (o *Own) End() error {
	o.kill()
	return os.RemoveAll(o.dir)
}

func (o *Own) kill() {
	for _, p := range o.nodes {
		p.kill()
	}
}

// retry tries until f succeeds, a process has ended, ctx ends or patience does.
func (o *Own) retry(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil || errors.Is(err, errEnded) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}
