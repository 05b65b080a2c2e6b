package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"aion.dev/aion/catalog/project"
)

// The test binary is also aion-node: scripts, and the nodes that they start, run it under that
// name.
func TestMain(m *testing.M) {
	// Clusters of processes mostly wait, so more of them run at a time than there are processors.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	testscript.Main(m, map[string]func(){"aion-node": main})
}

// TestScript runs testdata/script/*.txtar against the real binary. Beside testscript's own commands
// there are:
//
//	node NAME [FLAG...]        start a cluster of one, or start it again on the same data and
//	                           addresses; AION_ADDR then names all nodes that were started,
//	                           ADDR_<name>, RAFT_<name> and GOSSIP_<name> its addresses
//	nodes NAME...              start those again, all before any is waited for
//	cluster NAME... [--FLAG]   start that many nodes as one cluster, with these flags
//	kill9 NAME, stop NAME      SIGKILL; SIGTERM and an orderly end
//	leader VAR                 set VAR to the name of the node that leads, VAR_ADDR to its
//	                           address, VAR_OTHER to that of another one
//	json FILE PATH [VALUE]     FILE (or stdout) is one JSON document that has PATH ("a.0.b"),
//	                           with that value
//	jsonkeys FILE PATH KEY...  the object at PATH has exactly these keys; one with ? may be absent
//	get VAR FILE PATH          set VAR to the text at PATH
//	mistake PATTERN COMMAND... aion-node COMMAND ends with status 2, with PATTERN on stderr and
//	                           nothing on stdout
//	fetch PATH                 print what the first node of AION_ADDR answers to GET PATH
//	fails INPUT PATTERN        a run of "turns" with that input fails, saying PATTERN
//	status N COMMAND...        aion-node COMMAND ends with exit status N
//	interrupt TEXT COMMAND...  aion-node COMMAND gets SIGINT once it printed TEXT, and ends with
//	                           status 130; the files "interrupted" and "interrupted.out" hold
//	                           what it said, and what of that on stdout
//	retry COMMAND...           aion-node COMMAND until it succeeds and, with -until TEXT before it,
//	                           prints TEXT
//
// and the condition [interpreter]: that of TypeScript can be had.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("USER", "tester")
			env.Setenv("GOCACHE", goCache())                  // scripts have no home
			env.Setenv("XDG_CACHE_HOME", userCache())         // where the interpreter of TypeScript is
			env.Setenv("AION_CLUSTER_PROMOTE_AFTER", "500ms") // scripts wait until joiners vote
			f := &fleet{dir: env.WorkDir, nodes: map[string]*process{}}
			env.Values[fleetKey{}] = f
			env.Defer(f.killAll)
			examples, err := filepath.Abs("../../docs/examples")
			env.Setenv("EXAMPLES", examples)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"node":      scriptNode,
			"nodes":     scriptNodes,
			"cluster":   scriptCluster,
			"kill9":     scriptKill,
			"stop":      scriptStop,
			"leader":    scriptLeader,
			"json":      scriptJSON,
			"jsonkeys":  scriptJSONKeys,
			"get":       scriptGet,
			"mistake":   scriptMistake,
			"fails":     scriptFails,
			"retry":     scriptRetry,
			"status":    scriptStatus,
			"interrupt": scriptInterrupt,
			"fetch":     scriptFetch,
		},
		Condition: func(cond string) (bool, error) {
			if cond != "interpreter" {
				return false, fmt.Errorf("there is no condition %s", cond)
			}
			_, err := project.Interpreter()
			return err == nil, nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

func userCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return dir
}

// goCache returns the folder in which the go command keeps what it has built.
func goCache() string {
	if dir := os.Getenv("GOCACHE"); dir != "" {
		return dir
	}
	if dir := userCache(); dir != "" {
		return filepath.Join(dir, "go-build")
	}
	return ""
}

type fleetKey struct{}

func fleetOf(ts *testscript.TestScript) *fleet { return ts.Value(fleetKey{}).(*fleet) }

// setNodeVariables sets the variables with which scripts address the nodes.
func setNodeVariables(ts *testscript.TestScript, f *fleet) {
	var all []string
	for _, name := range f.order {
		p := f.nodes[name]
		ts.Setenv("ADDR_"+name, p.http)
		ts.Setenv("GOSSIP_"+name, p.gossip)
		ts.Setenv("RAFT_"+name, p.raft)
		all = append(all, p.http)
	}
	ts.Setenv("AION_ADDR", strings.Join(all, ","))
}

func scriptNode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: node NAME [FLAG...]")
	}
	f := fleetOf(ts)
	ts.Check(f.start(args[0], args[1:]...))
	ts.Check(f.ready(args[0]))
	setNodeVariables(ts, f)
}

func scriptNodes(ts *testscript.TestScript, neg bool, names []string) {
	f := fleetOf(ts)
	for _, name := range names {
		ts.Check(f.start(name))
	}
	for _, name := range names {
		ts.Check(f.ready(name))
	}
}

func scriptCluster(ts *testscript.TestScript, neg bool, names []string) {
	first := slices.IndexFunc(names, func(arg string) bool { return strings.HasPrefix(arg, "--") })
	if neg || len(names) == 0 || first == 0 {
		ts.Fatalf("usage: cluster NAME... [--FLAG...]")
	}
	f := fleetOf(ts)
	if first > 0 {
		names, f.flags = names[:first], names[first:]
	}
	ts.Check(f.startAll(names...))
	setNodeVariables(ts, f)
}

func scriptKill(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		ts.Check(fleetOf(ts).kill(name))
	}
}

func scriptStop(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		ts.Check(fleetOf(ts).stop(name))
	}
}

func scriptLeader(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: leader VAR")
	}
	name, err := fleetOf(ts).leader()
	ts.Check(err)
	ts.Setenv(args[0], name)
	ts.Setenv(args[0]+"_ADDR", fleetOf(ts).nodes[name].http)
	for _, other := range fleetOf(ts).order {
		if other != name && fleetOf(ts).nodes[other].running() {
			ts.Setenv(args[0]+"_OTHER", fleetOf(ts).nodes[other].http)
		}
	}
}

func scriptFetch(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: fetch PATH")
	}
	answer, err := http.Get("http://" + strings.TrimPrefix(strings.Split(ts.Getenv("AION_ADDR"), ",")[0], "http://") + args[0])
	ts.Check(err)
	defer answer.Body.Close()
	_, err = io.Copy(ts.Stdout(), answer.Body)
	ts.Check(err)
	if (answer.StatusCode != http.StatusOK) != neg {
		ts.Fatalf("GET %s: %s", args[0], answer.Status)
	}
}

func scriptGet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: get VAR FILE PATH")
	}
	v, err := lookup(ts.ReadFile(args[1]), args[2])
	ts.Check(err)
	ts.Setenv(args[0], text(v))
}

func scriptMistake(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: mistake PATTERN COMMAND...")
	}
	err := ts.Exec("aion-node", args[1:]...)
	if exitStatus(err) != exitUsage {
		ts.Fatalf("it ended with %v, not with status %d", err, exitUsage)
	}
	said := ts.ReadFile("stderr")
	if !regexp.MustCompile(args[0]).MatchString(said) || !strings.HasPrefix(said, "error[") || !strings.Contains(said, "\nhint: ") {
		ts.Fatalf("stderr is\n%s", said)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("stdout is\n%s", out)
	}
}

// exitStatus returns that of a command that ended with err; -1 if the command was cut off.
func exitStatus(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// scriptStatus runs aion-node and checks its exit status.
func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status STATUS COMMAND...")
	}
	if got := exitStatus(ts.Exec("aion-node", args[1:]...)); strconv.Itoa(got) != args[0] {
		ts.Fatalf("it ended with status %d, not %s", got, args[0])
	}
}

// scriptInterrupt starts aion-node, interrupts it once it has printed a text, and wants status 130.
func scriptInterrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: interrupt TEXT COMMAND...")
	}
	cmd := exec.Command("aion-node", args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "AION_ADDR="+ts.Getenv("AION_ADDR"), "AION_TOKEN="+ts.Getenv("AION_TOKEN"))
	var said lockedBuffer // both streams, in order
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&said, &out), &said
	ts.Check(cmd.Start())
	err := eventually(func() error {
		if !strings.Contains(said.String(), args[0]) {
			return fmt.Errorf("it did not print %q", args[0])
		}
		return nil
	})
	signalled := cmd.Process.Signal(os.Interrupt)
	status := exitStatus(cmd.Wait())
	if err != nil || signalled != nil || status != exitInterrupted {
		ts.Fatalf("%v, %v, status %d:\n%s", err, signalled, status, said.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("interrupted"), []byte(said.String()), 0o666))
	ts.Check(os.WriteFile(ts.MkAbs("interrupted.out"), out.Bytes(), 0o666))
}

// lockedBuffer is written by the goroutines of two streams.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func scriptFails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fails INPUT PATTERN")
	}
	if err := ts.Exec("aion-node", "start", "turns", "--input", strconv.Quote(args[0]), "--wait", "--json"); exitStatus(err) != exitRefused {
		ts.Fatalf("it ended with %v", err)
	}
	out := ts.ReadFile("stdout")
	status, err := lookup(out, "status")
	message, err2 := lookup(out, "error.message")
	if err != nil || err2 != nil || text(status) != "failed" || !regexp.MustCompile(args[1]).MatchString(text(message)) {
		ts.Fatalf("it ended with\n%s", out)
	}
}

// retry leaves the output of the last try in the file "retried". Negated, it waits until the
// command fails.
func scriptRetry(ts *testscript.TestScript, neg bool, args []string) {
	want := ""
	if len(args) > 2 && args[0] == "-until" {
		want, args = args[1], args[2:]
	}
	var out, errs bytes.Buffer
	err := eventually(func() error {
		out.Reset()
		errs.Reset()
		cmd := exec.Command("aion-node", args...)
		cmd.Dir = ts.MkAbs(".")
		cmd.Env = append(os.Environ(), "AION_ADDR="+ts.Getenv("AION_ADDR"), "AION_TOKEN="+ts.Getenv("AION_TOKEN"))
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		said := &out
		if neg {
			if exitStatus(err) == 0 {
				return errors.New("it did not fail")
			}
			said, err = &errs, nil
		}
		if err == nil && !strings.Contains(said.String(), want) {
			err = fmt.Errorf("it did not print %q", want)
		}
		return err
	})
	if err != nil {
		ts.Fatalf("%v:\n%s%s", err, out.String(), errs.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("retried"), out.Bytes(), 0o666))
}
