package vet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"golang.org/x/sync/semaphore"
)

// Command is the argument that makes the binary a child.
const Command = "check-archive"

// Limits bound a child, which gets them as JSON.
type Limits struct {
	Archive     catalog.Limits `json:"archive"`
	Runtime     runtime.Limits `json:"runtime"`
	MemoryBytes int64          `json:"memory_bytes"` // of the whole child
	Guests      string         `json:"guests"`       // folder of compiled WebAssembly, which the node shares; "" = none
}

// Checker has children check archives. Its owner calls Close.
type Checker struct {
	Executable string // this binary
	Limits     Limits
	Room       *semaphore.Weighted // bounds working children; nil = unlimited

	mu      sync.Mutex
	waiting *child // has no archive yet; nil = none
	closed  bool
	tasks   sync.WaitGroup // starts of waiting children; none is added once closed
}

// verdict is what a child prints.
type verdict struct {
	Passed  bool     `json:"passed"`
	Problem *Problem `json:"problem,omitempty"`
}

// Problem is an error that a child found, with the code and facts of the original error.
type Problem struct {
	Name   string         `json:"code"`
	Detail string         `json:"detail"`
	About  map[string]any `json:"facts,omitempty"`
}

func (p *Problem) Error() string         { return p.Detail }
func (p *Problem) Code() string          { return p.Name }
func (p *Problem) Facts() map[string]any { return p.About }

// NoChild means that this node cannot check packages now. Nothing is known about the package.
type NoChild struct{ Why string }

func (e *NoChild) Error() string         { return "the process that checks packages " + e.Why }
func (e *NoChild) Code() string          { return "unavailable" }
func (e *NoChild) Facts() map[string]any { return nil }

// Check returns nil if a child compiled the archive, the *Problem that it found,
// *catalog.InvalidPackage if the child crashed, or ctx's error. A *NoChild means that no child
// could do the work.
func (c *Checker) Check(ctx context.Context, archive []byte) error {
	if c.Room != nil {
		if c.Room.Acquire(ctx, 1) != nil {
			return &NoChild{Why: "had to wait too long for others to end: each may take deploy.check_memory_bytes"}
		}
		defer c.Room.Release(1)
	}
	defer func() { time.AfterFunc(replaceAfter, c.Warm) }()
	if ch := c.takeWaiting(); ch != nil {
		// Whatever ended a child that had waited may have had nothing to do with the archive: only
		// a verdict counts.
		err := c.verdict(ch, ch.check(ctx, archive))
		if !errors.As(err, new(*catalog.InvalidPackage)) && !errors.As(err, new(*NoChild)) {
			return err
		}
	}
	fresh, err := c.start()
	if err != nil {
		return err
	}
	return c.verdict(fresh, fresh.check(ctx, archive))
}

// verdict parses what a child printed, after it has ended with err.
func (c *Checker) verdict(ch *child, err error) error {
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return &catalog.InvalidPackage{Reason: "cannot be compiled: " + c.epitaph(exit, ch.errs.String())}
	case err != nil:
		return err
	}
	var v verdict
	if json.Unmarshal(ch.out.Bytes(), &v) != nil || !v.Passed && v.Problem == nil {
		return &NoChild{Why: "gave no answer"}
	}
	if v.Problem != nil {
		return v.Problem
	}
	return nil
}

// epitaph describes in one line how a child died.
func (c *Checker) epitaph(exit *exec.ExitError, said string) string {
	status, _ := exit.Sys().(syscall.WaitStatus)
	switch {
	case strings.Contains(said, "out of memory"), strings.Contains(said, "cannot allocate memory"):
		return fmt.Sprintf("that needs more than %d bytes of memory", c.Limits.MemoryBytes)
	case strings.Contains(said, "SIGSEGV"): // sometimes Go's runtime does not check for the limit, and touches memory that it was refused
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
