package vet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"golang.org/x/sync/semaphore"
)

// Command is the argument that makes the binary a child.
const Command = "check-archive"

// maxOutput bounds what is read of a child, on each of its outputs.
const maxOutput = 64 << 10

// Limits bound a child. It gets them as JSON.
type Limits struct {
	Archive     catalog.Limits `json:"archive"`
	Runtime     runtime.Limits `json:"runtime"`
	MemoryBytes int64          `json:"memory_bytes"` // of the whole child
}

// Checker starts children.
type Checker struct {
	Executable string // this binary
	Limits     Limits
	Room       *semaphore.Weighted // how many children there may be at a time; nil = any number
}

// verdict is what a child prints.
type verdict struct {
	Passed  bool     `json:"passed"`
	Problem *Problem `json:"problem,omitempty"`
}

// Problem is what a child found wrong: an error with code and facts, like the one it stands for.
type Problem struct {
	Name   string         `json:"code"`
	Detail string         `json:"detail"`
	About  map[string]any `json:"facts,omitempty"`
}

func (p *Problem) Error() string         { return p.Detail }
func (p *Problem) Code() string          { return p.Name }
func (p *Problem) Facts() map[string]any { return p.About }

// NoChild: this node cannot check packages now. Nothing is known about the package.
type NoChild struct{ Why string }

func (e *NoChild) Error() string         { return "the process that checks packages " + e.Why }
func (e *NoChild) Code() string          { return "unavailable" }
func (e *NoChild) Facts() map[string]any { return nil }

// Check returns nil if a child compiled the archive, the *Problem that it found,
// *catalog.InvalidPackage if it did not survive, or ctx's error. An *NoChild means that no child
// could do the work.
func (c *Checker) Check(ctx context.Context, archive []byte) error {
	if c.Room != nil {
		if c.Room.Acquire(ctx, 1) != nil {
			return &NoChild{Why: "had to wait too long for others to end: each may take deploy.check_memory_bytes"}
		}
		defer c.Room.Release(1)
	}
	limits, err := json.Marshal(c.Limits)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, c.Executable, Command, string(limits))
	cmd.Env = []string{"GOMAXPROCS=2"} // nothing of this process's secrets
	cmd.Stdin = bytes.NewReader(archive)
	var out, errs head
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		return &NoChild{Why: "cannot be started: " + err.Error()}
	}
	// An error of writing to stdin only says that the child ended early; how it ended says more.
	err = cmd.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &catalog.InvalidPackage{Reason: "cannot be compiled: " + c.epitaph(exit, errs.String())}
	}
	var v verdict
	if json.Unmarshal(out.Bytes(), &v) != nil || !v.Passed && v.Problem == nil {
		return &NoChild{Why: "gave no answer"}
	}
	if v.Problem != nil {
		return v.Problem
	}
	return nil
}

// epitaph says in one line how a child died.
func (c *Checker) epitaph(exit *exec.ExitError, said string) string {
	status, _ := exit.Sys().(syscall.WaitStatus)
	switch {
	case strings.Contains(said, "out of memory"), strings.Contains(said, "cannot allocate memory"):
		return fmt.Sprintf("that needs more than %d bytes of memory", c.Limits.MemoryBytes)
	case strings.Contains(said, "SIGSEGV"): // now and then Go's runtime meets the limit where it does not look for it, and touches memory that it was refused
		return fmt.Sprintf("the compiler crashed under its limit of %d bytes of memory", c.Limits.MemoryBytes)
	case strings.Contains(said, "stack overflow"), strings.Contains(said, "stack exceeds"):
		return "that overflows the stack"
	case status.Signaled():
		return fmt.Sprintf("the compiler was ended by %s", status.Signal())
	}
	first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	if len(first) > 200 {
		first = first[:200] + "..."
	}
	return fmt.Sprintf("the compiler ended with %s: %q", exit, first)
}

// head keeps the beginning of what is written to it, and takes the rest without a word, so that the
// child never blocks.
type head struct{ bytes.Buffer }

func (h *head) Write(p []byte) (int, error) {
	if room := maxOutput - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}
