package nodes

import (
	"bufio"
	"cmp"
	"context"
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

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/netns"
)

// Node is one node: a data folder, addresses, and a process while it runs.
type Node struct {
	Name   string
	Data   string          // its data folder
	Public links.Addresses // behind the links
	Extra  []string        // environment of its next start, beside Config.Env

	cluster *Cluster
	as      string // id of a stranger, whose name is another one; else empty
	looks   string
	space   *netns.Space // nil: the process runs where the suite does

	mu             sync.Mutex      // over everything below
	own, advertise links.Addresses // see place
	listens        links.Addresses // where it listens instead of own, see TakePlace
	joins          []string        // gossip addresses
	expect         int             // bootstrap_expect

	cmd    *exec.Cmd
	exited chan struct{}
	err    error // how it ended; valid once exited is closed
	killed bool  // on purpose
	frozen bool
	other  bool // it is of Config.Other
	held   int  // by so many: nobody may start it, see Hold
	starts int
	files  int // it may open; see Files
	lives  int // how often its disk was replaced
}

// ID is the node's id in the cluster: its name, and another one after each loss of its disk, for an
// id that was removed never comes back.
func (n *Node) ID() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.id()
}

func (n *Node) id() string {
	switch {
	case n.as != "":
		return n.as
	case n.lives == 0:
		return n.Name
	}
	return fmt.Sprintf("%s.%d", n.Name, n.lives+1)
}

// NewID gives the node, which is down and whose disk is empty, its next id.
func (n *Node) NewID() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lives++
}

// Start runs the node, or runs it again on its data, and waits until it serves. It does nothing
// while the node runs, as another fault may have started it, or while it is held.
func (n *Node) Start() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running() || n.held > 0 {
		return nil
	}
	log, err := os.OpenFile(n.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	binary := n.cluster.cfg.Binary
	if n.other {
		binary = n.cluster.cfg.Other
	}
	cmd := n.limited(binary, n.args())
	cmd.Dir = n.cluster.cfg.Dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + n.cluster.cfg.Dir, "TMPDIR=" + os.TempDir()}, n.cluster.cfg.Env...)
	cmd.Env = append(cmd.Env, n.Extra...)
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // no node outlives the suite
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	begin := cmd.Start
	if n.space != nil {
		begin = func() error { return n.space.Do(cmd.Start) }
	}
	if err := begin(); err != nil {
		return err
	}
	n.cluster.Links.Owns(cmd.Process.Pid, n.Name)
	n.cmd, n.exited, n.killed, n.frozen = cmd, make(chan struct{}), false, false
	n.starts++
	greeted, exited := make(chan struct{}), n.exited
	go func() {
		lines := bufio.NewScanner(out)
		if lines.Scan() {
			close(greeted)
		}
		for lines.Scan() {
		}
		n.err = cmd.Wait()
		close(exited)
	}()
	select {
	case <-greeted:
		return nil
	case <-exited:
		return fmt.Errorf("%s ended at its start: %v\n%s", n.Name, n.err, n.Tail(30))
	case <-time.After(30 * time.Second):
		return fmt.Errorf("%s does not serve 30 s after its start\n%s", n.Name, n.Tail(30))
	}
}

// args is the command line of the node's next start; mu is held.
func (n *Node) args() []string {
	at, says := n.own, n.advertise
	at.Raft, at.Gossip = cmp.Or(n.listens.Raft, at.Raft), cmp.Or(n.listens.Gossip, at.Gossip)
	args := []string{
		"serve", "--id", n.id(), "--data-dir", n.Data, "--promote-after", "500ms", // replaced nodes are to vote soon
		"--http-address", at.HTTP, "--http-advertise", says.HTTP, "--raft-address", at.Raft, "--raft-advertise", says.Raft,
		"--gossip-address", at.Gossip, "--gossip-advertise", says.Gossip, "--bootstrap-expect", fmt.Sprint(n.expect),
	}
	if len(n.joins) > 0 {
		args = append(args, "--join", strings.Join(n.joins, ","))
	}
	args = append(args, n.cluster.cfg.Flags...)
	if n.cluster.cfg.Netns {
		args = append(args, "--insecure") // its network is the cluster's alone
	}
	return args
}

// running is called with mu held.
func (n *Node) running() bool {
	if n.exited == nil {
		return false
	}
	select {
	case <-n.exited:
		return false
	default:
		return true
	}
}

// Running reports whether the process is there, frozen or not.
func (n *Node) Running() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.running()
}

// Kill ends the process with SIGKILL, if it runs, and waits for its end.
func (n *Node) Kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.end(syscall.SIGKILL, time.Minute)
}

// Stop ends the process with SIGTERM and waits for its end; an error says that it had to be killed
// after within.
func (n *Node) Stop(within time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.end(syscall.SIGTERM, within) {
		n.end(syscall.SIGKILL, time.Minute)
		return fmt.Errorf("%s did not stop within %s", n.Name, within)
	}
	return nil
}

func (n *Node) end(with syscall.Signal, within time.Duration) bool {
	if !n.running() {
		return true
	}
	n.killed = true
	if n.frozen && with != syscall.SIGKILL {
		n.cmd.Process.Signal(syscall.SIGCONT)
		n.frozen = false
	}
	n.cmd.Process.Signal(with)
	select {
	case <-n.exited:
		return true
	case <-time.After(within):
		return false
	}
}

// Freeze stops the process with SIGSTOP; Thaw lets it go on.
func (n *Node) Freeze() { n.signal(syscall.SIGSTOP, true) }

// Thaw is the reverse of Freeze.
func (n *Node) Thaw() { n.signal(syscall.SIGCONT, false) }

func (n *Node) signal(s syscall.Signal, frozen bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running() {
		n.cmd.Process.Signal(s)
		n.frozen = frozen
	}
}

// Died tells how the node ended if nobody asked it to.
func (n *Node) Died() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.exited == nil || n.killed || n.running() {
		return ""
	}
	return fmt.Sprintf("%s ended by itself: %v\n%s", n.Name, n.err, n.Tail(30))
}

// Forgive says that the node may have ended by itself: a fault made it.
func (n *Node) Forgive() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.killed = true
}

// Pid is the process's id, 0 when none runs.
func (n *Node) Pid() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.running() {
		return 0
	}
	return n.cmd.Process.Pid
}

// Starts is how often the node was started.
func (n *Node) Starts() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.starts
}

// LogFile holds what the node said, over all its starts.
func (n *Node) LogFile() string { return filepath.Join(n.cluster.cfg.Dir, n.Name+".log") }

// Tail is the end of the log.
func (n *Node) Tail(lines int) string {
	b, err := os.ReadFile(n.LogFile())
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Direct is the node's HTTP address past the links: for looking, never for what a workload does.
func (n *Node) Direct() string { return n.looks }

// Status asks the node, past the links, how it sees the cluster.
func (n *Node) Status(ctx context.Context) (*Status, error) {
	c, err := direct(n.looks)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Cluster(ctx)
}

// Ready asks the node, past the links, whether it has a leader and has caught up.
func (n *Node) Ready(ctx context.Context) error {
	if !n.Running() {
		return errors.New("does not run")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.looks+"/health/ready", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return errors.New("does not answer")
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New("is not ready")
	}
	return nil
}
