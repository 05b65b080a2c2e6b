package nodes

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/transport/client"
)

// pair is a cluster of two voters, past all links: a recovery asks whether the other one answers.
type pair struct {
	c    *Cluster
	dir  string
	at   [2]links.Addresses
	runs [2]*exec.Cmd
	said strings.Builder
}

func (p *pair) id(i int) string { return fmt.Sprintf("pair-%d", i+1) }

// folder lists the settings that a node and a command on its folder share.
func (p *pair) folder(i int) []string {
	return []string{"--id", p.id(i), "--data-dir", filepath.Join(p.dir, p.id(i)), "--raft-address", p.at[i].Raft, "--gossip-address", p.at[i].Gossip, "--http-address", p.at[i].HTTP}
}

// start runs a node and waits for its greeting.
func (p *pair) start(ctx context.Context, i int, more ...string) error {
	cmd := p.c.command(ctx, append(append([]string{"serve"}, p.folder(i)...), more...)...)
	cmd.Stderr = &p.said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.runs[i] = cmd
	if lines := bufio.NewScanner(out); !lines.Scan() {
		cmd.Wait()
		p.runs[i] = nil
		return fmt.Errorf("%s ended at its start", p.id(i))
	}
	return nil
}

// kill ends nodes with SIGKILL, all before any is waited for.
func (p *pair) kill() {
	for _, r := range p.runs {
		if r != nil {
			r.Process.Kill()
		}
	}
	for i, r := range p.runs {
		if r != nil {
			r.Wait()
			p.runs[i] = nil
		}
	}
}

func (p *pair) client(i int) (*client.Client, error) {
	return client.New(client.Config{Addresses: []string{p.at[i].HTTP}, Patience: 20 * time.Second})
}

// Recovered runs a cluster of two voters, lets during work on it through the one that leads, kills
// both at once, recovers the one that did not lead, and lets after look at it. What was
// acknowledged was on both disks, so it is in that one's log, though it may not know yet that it
// was committed. The cluster under test has nothing to do with it.
func (c *Cluster) Recovered(ctx context.Context, during func(context.Context, *client.Client) error, after func(*client.Client) error) (err error) {
	p := &pair{c: c}
	if p.dir, err = os.MkdirTemp(c.cfg.Dir, "pair-"); err != nil {
		return err
	}
	defer os.RemoveAll(p.dir)
	for i := range p.at {
		if p.at[i], err = freeAddresses(); err != nil {
			return err
		}
	}
	defer p.kill()
	founders := []string{"--bootstrap-expect", "2", "--join", p.at[0].Gossip + "," + p.at[1].Gossip}
	for i := range p.at {
		if err := p.start(ctx, i, founders...); err != nil {
			return err
		}
	}
	leads, cluster, err := p.leader(ctx)
	if err != nil {
		return err
	}
	cl, err := p.client(leads)
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	worked := make(chan error, 1)
	go func() { worked <- during(working, cl) }()
	time.Sleep(2 * time.Second)
	p.kill()
	stop()
	err = <-worked
	cl.Close()
	if err != nil {
		return err
	}
	survivor := 1 - leads
	out, err := c.Command(ctx, append([]string{"recover", "--json", "--confirm", cluster}, p.folder(survivor)...)...)
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	if !json.Valid([]byte(out)) {
		return fmt.Errorf("recover said %q", out)
	}
	if err := p.start(ctx, survivor); err != nil {
		return err
	}
	if cl, err = p.client(survivor); err != nil {
		return err
	}
	defer cl.Close()
	return after(cl)
}

// leader waits until one of the two leads and both vote.
func (p *pair) leader(ctx context.Context) (leads int, cluster string, err error) {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		cl, e := p.client(0)
		if e != nil {
			return 0, "", e
		}
		s, e := cl.Cluster(ctx)
		cl.Close()
		if e != nil {
			continue
		}
		for i := range p.at {
			if s.Leader == p.id(i) && len(s.Members) == 2 && s.ClusterID != "" {
				return i, s.ClusterID, nil
			}
		}
	}
	return 0, "", errors.Join(ctx.Err(), errors.New("a cluster of two has no leader after 20 s"))
}
