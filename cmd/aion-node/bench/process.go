package bench

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// process is a node of a cluster of its own.
type process struct {
	name string
	dir  string
	http string
	args []string

	cmd    *exec.Cmd     // nil = never started
	exited chan struct{} // closed once it has ended
}

// start starts it. What it prints goes to a file beside its data.
func (p *process) start() error {
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Dir = p.dir // no aion.toml of the folder where the measurement was begun
	cmd.Stdout, cmd.Stderr = log, log
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AION_") { // settings for other nodes, and for callers
			cmd.Env = append(cmd.Env, v)
		}
	}
	dieWithParent(cmd)
	started, exited := make(chan error), make(chan struct{})
	go func() {
		// To the system the parent is this thread: the node would die with it, so it must last.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
		log.Close()
		close(exited)
	}()
	if err := <-started; err != nil {
		return err
	}
	p.cmd, p.exited = cmd, exited
	return nil
}

// kill ends it with SIGKILL, and waits for its end.
func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.exited
}

// stop asks it to end, and waits for its end.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.exited
	return nil
}

func (p *process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

func (p *process) data() string { return filepath.Join(p.dir, p.name) }

func (p *process) log() string { return filepath.Join(p.dir, p.name+".log") }

// said returns the end of its log.
func (p *process) said() string {
	b, _ := os.ReadFile(p.log())
	return string(b[max(0, len(b)-4000):])
}
