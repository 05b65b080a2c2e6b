package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"aion.dev/aion/internal/freeport"

	"aion.dev/aion/transport/wire"
)

// patient bounds the waits of a test; nothing here takes that long unless it is broken.
const patient = 60 * time.Second

// fleet is a set of nodes that run as processes of the real binary, each with a data folder and
// free ports of its own.
type fleet struct {
	dir    string
	nodes  map[string]*process
	order  []string
	scheme string // of HTTP; empty = http
	client http.Client
	flags  []string // of all nodes, in addition to their own
}

func (f *fleet) get(name, path string) (*http.Response, error) {
	return f.client.Get(cmp.Or(f.scheme, "http") + "://" + f.nodes[name].http + path)
}

type process struct {
	name               string
	data               string
	http, raft, gossip string
	flags              []string // of its first start
	env                []string // in addition to what every node gets

	cmd    *exec.Cmd
	exited chan struct{}
	err    error // valid once exited is closed
	log    *os.File
}

// start runs a node, or restarts it in the same place.
func (f *fleet) start(name string, flags ...string) error {
	p := f.nodes[name]
	if p == nil {
		ports, err := freeport.Take(3)
		if err != nil {
			return err
		}
		p = &process{name: name, data: filepath.Join(f.dir, "data-"+name), http: ports[0], raft: ports[1], gossip: ports[2], flags: flags}
		f.nodes[name] = p
		f.order = append(f.order, name)
	}
	return p.start(f.dir)
}

func (p *process) start(dir string) error {
	log, err := os.OpenFile(filepath.Join(dir, p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	if p.cmd, err = p.command(dir); err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	noise, err := p.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.log, p.exited = log, make(chan struct{})
	greeted := make(chan string, 2) // a line for people on stdout, or a JSON line of the log
	var read sync.WaitGroup
	read.Go(func() {
		lines := bufio.NewScanner(out)
		if lines.Scan() {
			greeted <- lines.Text()
		}
		for lines.Scan() {
		}
	})
	read.Go(func() {
		lines := bufio.NewReader(noise)
		for said := false; ; {
			line, err := lines.ReadString('\n')
			log.WriteString(line)
			if !said && strings.Contains(line, `"@message":"serving"`) {
				said = true
				greeted <- line
			}
			if err != nil {
				return
			}
		}
	})
	go func() {
		read.Wait()
		close(greeted)
		p.err = p.cmd.Wait()
		log.Close()
		close(p.exited)
	}()
	if line, ok := <-greeted; !ok || !strings.Contains(line, p.http) {
		return fmt.Errorf("node %s did not say that it serves %s but %q; its log:\n%s", p.name, p.http, line, p.said())
	}
	return nil
}

// command returns the node's process, not yet started. More flags may be appended: the last one
// wins.
func (p *process) command(dir string, more ...string) (*exec.Cmd, error) {
	binary, err := exec.LookPath("aion-node")
	if err != nil {
		return nil, err
	}
	args := []string{"serve", "--id", p.name, "--data-dir", p.data, "--http-address", p.http, "--raft-address", p.raft, "--gossip-address", p.gossip, "--promote-after", "500ms"}
	cmd := exec.Command(binary, append(append(args, p.flags...), more...)...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir()}, p.env...)
	return cmd, nil
}

// said returns the end of the node's log.
func (p *process) said() string {
	b, _ := os.ReadFile(p.log.Name())
	return string(b[max(0, len(b)-4000):])
}

func (p *process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// startAll runs nodes as one new cluster and waits until all of them are ready.
func (f *fleet) startAll(names ...string) error {
	ports, err := freeport.Take(3 * len(names))
	if err != nil {
		return err
	}
	var join []string
	for i, name := range names {
		own := ports[3*i:]
		f.nodes[name] = &process{name: name, data: filepath.Join(f.dir, "data-"+name), http: own[0], raft: own[1], gossip: own[2]}
		f.order = append(f.order, name)
		join = append(join, own[2])
	}
	for _, name := range names {
		f.nodes[name].flags = append([]string{"--bootstrap-expect", fmt.Sprint(len(names)), "--join", strings.Join(join, ",")}, f.flags...)
		if err := f.start(name); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := f.ready(name); err != nil {
			return err
		}
	}
	return nil
}

// ready waits until a node has a leader and has caught up.
func (f *fleet) ready(name string) error {
	p := f.nodes[name]
	err := eventually(func() error {
		if !p.running() {
			return errors.New("it has ended")
		}
		resp, err := f.get(name, "/health/ready")
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != 200 {
			return errors.New(resp.Status)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("node %s is not ready: %w; its log:\n%s", name, err, p.said())
	}
	return nil
}

// leader returns the name of the leader, as a majority of the running nodes sees it.
func (f *fleet) leader() (name string, err error) {
	err = eventually(func() error {
		votes := map[string]int{}
		for _, n := range f.order {
			if c, err := f.status(n); err == nil && c.Leader != "" {
				votes[c.Leader]++
			}
		}
		for n, count := range votes {
			if 2*count > len(f.order) && f.nodes[n].running() {
				name = n
				return nil
			}
		}
		return fmt.Errorf("no majority for a leader: %v", votes)
	})
	return name, err
}

func (f *fleet) status(name string) (*wire.Cluster, error) {
	resp, err := f.get(name, "/v1/cluster")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var c wire.Cluster
	return &c, json.NewDecoder(resp.Body).Decode(&c)
}

// kill ends a node like a power cut.
func (f *fleet) kill(name string) error {
	p := f.nodes[name]
	if p == nil || !p.running() {
		return fmt.Errorf("node %s does not run", name)
	}
	if err := p.cmd.Process.Kill(); err != nil {
		return err
	}
	<-p.exited
	return nil
}

// stop ends a node in order.
func (f *fleet) stop(name string) error {
	p := f.nodes[name]
	if p == nil || !p.running() {
		return fmt.Errorf("node %s does not run", name)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.exited:
	case <-time.After(patient):
		return fmt.Errorf("node %s did not end; its log:\n%s", name, p.said())
	}
	if p.err != nil {
		return fmt.Errorf("node %s ended with %w; its log:\n%s", name, p.err, p.said())
	}
	return nil
}

func (f *fleet) killAll() {
	var all sync.WaitGroup
	for _, p := range f.nodes {
		if p.cmd != nil && p.exited != nil {
			all.Go(func() {
				_ = p.cmd.Process.Kill()
				<-p.exited
			})
		}
	}
	all.Wait()
}

// eventually retries until f succeeds.
func eventually(f func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}
