package nodes

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"aion.dev/aion/transport/client"
)

// Command runs the binary under test and returns what it printed on stdout, or what it said.
func (c *Cluster) Command(ctx context.Context, args ...string) (string, error) {
	out, err := c.command(ctx, args...).Output()
	if exit, is := errors.AsType[*exec.ExitError](err); is {
		return string(out), fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return string(out), err
}

func (c *Cluster) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.cfg.Binary, args...)
	cmd.Dir = c.cfg.Dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.cfg.Dir, "TMPDIR=" + os.TempDir()}, c.cfg.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // no node outlives the suite
	return cmd
}

// Restored makes a cluster of one node of a backup, which is named as restore wants it, runs it,
// and calls f with a client of it. It has nothing to do with the cluster under test, which runs on.
func (c *Cluster) Restored(ctx context.Context, target []string, f func(*client.Client) error) error {
	return c.beside(ctx, func(settings []string) error {
		_, err := c.Command(ctx, append(append([]string{"restore", "--json"}, target...), settings...)...)
		if err != nil {
			err = fmt.Errorf("restore: %w", err)
		}
		return err
	}, f)
}

// Fresh is Restored, of a cluster that has nothing yet.
func (c *Cluster) Fresh(ctx context.Context, f func(*client.Client) error) error {
	return c.beside(ctx, func([]string) error { return nil }, f)
}

// beside runs a node in a folder that prepare has filled.
func (c *Cluster) beside(ctx context.Context, prepare func(settings []string) error, f func(*client.Client) error) error {
	at, err := freeAddresses()
	if err != nil {
		return err
	}
	data, err := os.MkdirTemp(c.cfg.Dir, "restored-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	settings := []string{"--id", "restored", "--data-dir", filepath.Join(data, "data"), "--raft-address", at.Raft, "--gossip-address", at.Gossip, "--http-address", at.HTTP}
	if err := prepare(settings); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	serve := c.command(ctx, append([]string{"serve"}, settings...)...)
	said := new(strings.Builder)
	serve.Stderr = said
	out, err := serve.StdoutPipe()
	if err != nil {
		return err
	}
	if err := serve.Start(); err != nil {
		return err
	}
	defer func() { cancel(); serve.Wait() }()
	if lines := bufio.NewScanner(out); !lines.Scan() {
		serve.Wait()
		return fmt.Errorf("a restored node ended at its start: %s", said)
	}
	cl, err := client.New(client.Config{Addresses: []string{at.HTTP}, Patience: 20 * time.Second})
	if err != nil {
		return err
	}
	defer cl.Close()
	return f(cl)
}
