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
	Extra  []string        // environment of its next start, in addition to Config.Env

	cluster *Cluster
	as      string // id of a stranger, which differs from its name; otherwise empty
	looks   string
	space   *netns.Space // nil: the process runs in the suite's namespace

	mu             sync.Mutex      // guards the fields below
	own, advertise links.Addresses // see place
	listens        links.Addresses // where it listens instead of own; see TakePlace
	joins          []string        // gossip addresses
	flags          []string        // more of its command line
	expect         int             // bootstrap_expect

	cmd    *exec.Cmd
	exited chan struct{}
	err    error // how it ended; valid once exited is closed
	killed bool  // somebody ended it on purpose
	frozen bool
	other  bool // it runs as Config.Other
	held   int  // how many callers hold it down; see Hold
	starts int
	files  int // how many files it may open; see Files
	lives  int // how often its disk was replaced
}

// ID returns the node's id in the cluster. It is the node's name, and another id after each loss of
// its disk, because a removed id never returns.
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

// NewID gives the node its next id. The node is down and its disk is empty.
func (n *Node) NewID() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lives++
}

// Start runs the node on its data and waits until it serves. It does nothing if the node runs
// already, because another fault may have started it, or if it is held.
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
	hold := n.cluster.cfg.Hold
	if n.other {
		binary, hold = n.cluster.cfg.Other, false // it may not know the setting
	}
	cmd := n.limited(binary, n.args())
	cmd.Dir = n.cluster.cfg.Dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + n.cluster.cfg.Dir, "TMPDIR=" + os.TempDir()}, n.cluster.cfg.Env...)
	cmd.Env = append(cmd.Env, n.Extra...)
	if !n.other { // which may not know the setting
		cmd.Env = append(cmd.Env, "AION_AUDIT_FILE="+n.AuditFile(), "AION_AUDIT_FILE_BYTES=0")
	}
	if token := n.cluster.cfg.Token; token != "" {
		cmd.Env = append(cmd.Env, "AION_AUTH_TOKENS=jepsen:write:"+token)
	}
	if hold {
		cmd.Env = append(cmd.Env, "AION_CLUSTER_HOLD_LEVEL=true")
	}
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

// args returns the command line of the node's next start. The caller holds mu.
func (n *Node) args() []string {
	at, says := n.own, n.advertise
	at.Raft, at.Gossip = cmp.Or(n.listens.Raft, at.Raft), cmp.Or(n.listens.Gossip, at.Gossip)
	args := []string{
		// replaced nodes should vote soon
		"serve", "--id", n.id(), "--data-dir", n.Data, "--promote-after", "500ms",
		"--http-address", at.HTTP, "--http-advertise", says.HTTP, "--raft-address", at.Raft, "--raft-advertise", says.Raft,
		"--gossip-address", at.Gossip, "--gossip-advertise", says.Gossip, "--bootstrap-expect", fmt.Sprint(n.expect),
	}
	if len(n.joins) > 0 {
		args = append(args, "--join", strings.Join(n.joins, ","))
	}
	args = append(append(args, n.cluster.cfg.Flags...), n.cluster.authorities.flags(n)...)
	if !n.other { // it may not know them
		args = append(args, n.flags...)
	}
	if n.cluster.cfg.Netns {
		args = append(args, "--insecure") // its network belongs to the cluster alone
	}
	return args
}

// With adds flags to the node's command line from its next start on, in place of earlier ones.
func (n *Node) With(flags ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.flags = flags
}

// running reports whether the process runs. The caller holds mu.
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

// Running reports whether the process exists, frozen or not.
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

// Stop ends the process with SIGTERM and waits for it. An error means that it had to be killed
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

// Freeze stops the process with SIGSTOP; Thaw continues it.
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

// Died describes how the node ended if nobody asked it to.
func (n *Node) Died() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.exited == nil || n.killed || n.running() {
		return ""
	}
	return fmt.Sprintf("%s ended by itself: %v\n%s", n.Name, n.err, n.Tail(30))
}

// Forgive allows the node to have ended by itself, because a fault caused that.
func (n *Node) Forgive() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.killed = true
}

// Pid returns the process id, or 0 if there is no process.
func (n *Node) Pid() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.running() {
		return 0
	}
	return n.cmd.Process.Pid
}

// Starts returns how often the node was started.
func (n *Node) Starts() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.starts
}

// LogFile returns the file with the node's output over all its starts.
func (n *Node) LogFile() string { return filepath.Join(n.cluster.cfg.Dir, n.Name+".log") }

// AuditFile returns the node's audit log over all its starts. It is outside of its data folder, so
// it stays when the node's disk is replaced.
func (n *Node) AuditFile() string { return filepath.Join(n.cluster.cfg.Dir, n.Name+".audit.jsonl") }

// Tail returns the end of the log.
func (n *Node) Tail(lines int) string {
	b, err := os.ReadFile(n.LogFile())
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Web is a client for calls to the node past the clients.
func (n *Node) Web() *http.Client { return n.cluster.web }

// Direct returns the node's HTTP address past the links: for observation, never for a workload.
func (n *Node) Direct() string { return n.looks }

// Status asks the node, past the links, for its view of the cluster.
func (n *Node) Status(ctx context.Context) (*Status, error) {
	c, err := n.cluster.direct(n.URL(""))
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
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL("/health/ready"), nil)
	if err != nil {
		return err
	}
	resp, err := n.cluster.web.Do(req)
	if err != nil {
		return errors.New("does not answer")
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New("is not ready")
	}
	return nil
}
