package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"aion.dev/aion/internal/freeport"
)

// nodes are three processes of the real binary on free loopback ports, each with a data folder of
// its own.
type nodes struct {
	binary, dir string
	all         []*node
}

type node struct {
	name  string
	http  string
	flags []string
	cmd   *exec.Cmd
	log   string
}

// start runs three nodes that find each other.
func (n *nodes) start() error {
	ports, err := freeport.Take(9)
	if err != nil {
		return err
	}
	join := strings.Join([]string{ports[2], ports[5], ports[8]}, ",")
	for i, name := range []string{"ada", "bob", "eve"} {
		p := ports[3*i:]
		n.all = append(n.all, &node{
			name: name, http: p[0], log: filepath.Join(n.dir, name+".log"),
			flags: []string{
				"serve", "--id", name, "--data-dir", filepath.Join(n.dir, name), "--http-address", p[0], "--raft-address", p[1], "--gossip-address", p[2],
				"--bootstrap-expect", "3", "--join", join,
			},
		})
	}
	for _, x := range n.all {
		if err := n.boot(x); err != nil {
			return err
		}
	}
	return nil
}

// boot starts a node, the first time or again.
func (n *nodes) boot(x *node) error {
	log, err := os.OpenFile(x.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	x.cmd = exec.Command(n.binary, x.flags...)
	x.cmd.Dir, x.cmd.Stdout, x.cmd.Stderr = n.dir, log, log
	return x.cmd.Start()
}

// kill ends a node like a power cut.
func (x *node) kill() {
	if x.cmd != nil && x.cmd.ProcessState == nil {
		_ = x.cmd.Process.Kill()
		_ = x.cmd.Wait()
	}
}

func (n *nodes) killAll() {
	for _, x := range n.all {
		x.kill()
	}
}

func (n *nodes) named(name string) (*node, error) {
	for _, x := range n.all {
		if x.name == name {
			return x, nil
		}
	}
	return nil, fmt.Errorf("there is no node %q", name)
}

// addresses lists where HTTP is served, for --addr.
func (n *nodes) addresses() string {
	var list []string
	for _, x := range n.all {
		list = append(list, x.http)
	}
	return strings.Join(list, ",")
}

// showLogs prints the end of every node's log, after a failed demo.
func (n *nodes) showLogs() {
	for _, x := range n.all {
		content, _ := os.ReadFile(x.log)
		fmt.Fprintf(os.Stderr, "\n--- log of %s\n%s", x.name, content[max(0, len(content)-3000):])
	}
}
