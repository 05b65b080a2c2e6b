package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Own is a cluster that was started for a measurement: processes of this binary on loopback, with
// their data in a folder that End removes.
type Own struct {
	dir   string
	nodes []*process
	http  *http.Client
}

// patience bounds each wait for nodes.
const patience = time.Minute

// Start starts a cluster of this many nodes and waits until all are ready. Its folder is made in
// parent; "" is the system's folder for temporary files. The caller calls End, also after an error,
// if Own is not nil.
func Start(ctx context.Context, executable string, count int, parent string) (*Own, error) {
	dir, err := os.MkdirTemp(parent, "aion-bench-")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	o := &Own{dir: dir, http: &http.Client{Timeout: 5 * time.Second}}
	ports, err := freePorts(3 * count)
	if err != nil {
		return o, err
	}
	var join []string
	for i := range count {
		join = append(join, ports[3*i+2])
	}
	for i := range count {
		p := &process{name: string(rune('a' + i)), dir: dir, http: ports[3*i]}
		p.args = []string{executable, "serve", "--id", p.name, "--data-dir", filepath.Join(dir, p.name), "--http-address", p.http,
			"--raft-address", ports[3*i+1], "--gossip-address", ports[3*i+2],
			"--bootstrap-expect", fmt.Sprint(count), "--join", strings.Join(join, ","), "--log-level", "warn"}
		o.nodes = append(o.nodes, p)
		if err := o.start(p); err != nil {
			return o, err
		}
	}
	return o, o.ready(ctx)
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
		err := retry(ctx, func() error {
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
	}
	return nil
}

var errEnded = errors.New("its process has ended")

// leader waits until a node leads, and returns it.
func (o *Own) leader(ctx context.Context) (leader *process, err error) {
	err = retry(ctx, func() error {
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
	for _, p := range o.nodes {
		p.kill()
	}
	return os.RemoveAll(o.dir)
}

// retry tries until f succeeds, a process has ended, ctx ends or patience does.
func retry(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
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

// freePorts finds loopback addresses that nobody uses, neither with TCP nor with UDP.
func freePorts(n int) ([]string, error) {
	var addresses []string
	for len(addresses) < n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // not before all are found, so that they differ
		u, err := net.ListenPacket("udp", l.Addr().String())
		if err != nil {
			continue
		}
		defer u.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
