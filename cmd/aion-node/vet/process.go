package vet

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os/exec"
)

// child is a process that reads one archive from its standard input, and ends.
type child struct {
	cmd       *exec.Cmd
	in        io.WriteCloser
	out, errs head
	ended     chan struct{} // closed once the process is gone and its outputs are read
	err       error         // how it ended; set before ended is closed
}

// start starts a child. The child waits for its archive, or for the end of this process, which
// closes its input.
func (c *Checker) start() (*child, error) {
	limits, err := json.Marshal(c.Limits)
	if err != nil {
		return nil, err
	}
	ch := &child{cmd: exec.Command(c.Executable, Command, string(limits)), ended: make(chan struct{})}
	// Without any secrets of this process. The collector would run while packages initialise, for a
	// quarter of the start; Child turns it on where it has to.
	ch.cmd.Env = []string{"GOMAXPROCS=2", "GOGC=off"}
	ch.cmd.Stdout, ch.cmd.Stderr = &ch.out, &ch.errs
	if ch.in, err = ch.cmd.StdinPipe(); err != nil {
		return nil, &NoChild{Why: "cannot be started: " + err.Error()}
	}
	if err := ch.cmd.Start(); err != nil {
		return nil, &NoChild{Why: "cannot be started: " + err.Error()}
	}
	go func() {
		ch.err = ch.cmd.Wait()
		close(ch.ended)
	}()
	return ch, nil
}

// check gives a child its archive and returns how it ended, or ctx's error when that ends it.
func (ch *child) check(ctx context.Context, archive []byte) error {
	written := make(chan struct{})
	go func() {
		defer close(written)
		// An error only means that the child ended early; its exit status says more.
		ch.in.Write(archive)
		ch.in.Close()
	}()
	select {
	case <-ch.ended:
	case <-ctx.Done():
		ch.kill()
	}
	<-written
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return ch.err
}

// kill ends a child and waits until it is gone.
func (ch *child) kill() {
	ch.cmd.Process.Kill()
	<-ch.ended
}

// maxOutput bounds how much of each of a child's outputs is read.
const maxOutput = 64 << 10

// head keeps the beginning of what is written to it and silently discards the rest, so that the
// child never blocks.
type head struct{ bytes.Buffer }

func (h *head) Write(p []byte) (int, error) {
	if room := maxOutput - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}
