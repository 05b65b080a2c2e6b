package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"aion.dev/aion/transport/client"
)

// Config configures a worker and its queue. The process receives it as JSON on its standard input.
type Config struct {
	Name       string        `json:"name"` // also the name of its links
	Nodes      []string      `json:"nodes"`
	Queue      string        `json:"queue"`
	Activities []string      `json:"activities"`
	Slots      int           `json:"slots"` // concurrent tasks
	Lease      time.Duration `json:"lease"`
	SDK        bool          `json:"sdk"` // use transport/worker
	Face       client.Face   `json:"face"`
	Ledger     string        `json:"ledger"`
	Log        string        `json:"log"` // file for the process's output
}

// Process is a worker that can be started, disturbed and ended. Its methods may be called by any
// goroutine; they wait for each other.
type Process struct {
	Config Config
	Owns   func(pid int, name string) // called with every new process before it makes a call

	mu     sync.Mutex // guards the fields below
	cmd    *exec.Cmd
	stdin  io.Closer
	exited chan struct{}
}

// environment marks a process of this program that is a worker.
const environment = "AION_JEPSEN_WORKER"

// Any program that contains this package can be a worker, including tests: no second binary has to
// be built and found.
func init() {
	if os.Getenv(environment) == "" {
		return
	}
	if err := serve(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Start runs the worker, if it does not run.
func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(p.Config.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), environment+"=1")
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe() // its end ends the worker, too
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if p.Owns != nil {
		p.Owns(cmd.Process.Pid, p.Config.Name)
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	p.cmd, p.stdin, p.exited = cmd, stdin, exited
	return json.NewEncoder(stdin).Encode(p.Config)
}

// running reports whether the process runs. The caller holds mu.
func (p *Process) running() bool {
	if p.exited == nil {
		return false
	}
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// Kill ends the process with SIGKILL and waits for it.
func (p *Process) Kill() { p.end(syscall.SIGKILL, time.Minute) }

// Stop lets the process finish its tasks. An error means that it was killed after within.
func (p *Process) Stop(within time.Duration) error {
	if p.end(syscall.SIGTERM, within) {
		return nil
	}
	p.Kill()
	return errors.New(p.Config.Name + " did not stop")
}

func (p *Process) end(with syscall.Signal, within time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return true
	}
	p.cmd.Process.Signal(with)
	p.cmd.Process.Signal(syscall.SIGCONT)
	select {
	case <-p.exited:
		p.stdin.Close()
		return true
	case <-time.After(within):
		return false
	}
}

// Freeze stops the process with SIGSTOP; Thaw continues it.
func (p *Process) Freeze() { p.signal(syscall.SIGSTOP) }

// Thaw is the reverse of Freeze.
func (p *Process) Thaw() { p.signal(syscall.SIGCONT) }

func (p *Process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		p.cmd.Process.Signal(s)
	}
}
