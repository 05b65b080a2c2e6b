package netns

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Only names that a switch makes belong to switches; namespaces of others are never removed.
func TestNames(t *testing.T) {
	m := names.FindStringSubmatch(newName() + "-n1")
	if m == nil || m[1] != fmt.Sprint(os.Getpid()) || m[2] != began(os.Getpid()) || m[2] == "" {
		t.Errorf("own name is read as %q", m)
	}
	for _, other := range []string{"aion", "aion-1", "aion-blue-2-3-x", "my-aion-1-2-3-n1", "aion-1-2-3", "cni-1-2-3-4"} {
		if names.MatchString(other) {
			t.Errorf("%s is taken for a switch's", other)
		}
	}
	if began(1<<30) != "" {
		t.Error("a process that is not there began some time")
	}
}

const child = "AION_NETNS_TEST_CHILD"

// A killed process leaves namespaces. The next one removes them, but not those of processes that
// are alive.
func TestLeftovers(t *testing.T) {
	if os.Getenv(child) != "" {
		s, err := New("a", "b")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("made", s.Space("a").name)
		select {}
	}
	living := newSwitch(t, "a", "b")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run", "TestLeftovers$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var name string
	if _, err := fmt.Fscanf(out, "made %s\n", &name); err != nil || !exists(name) {
		t.Fatalf("the child made %q: %v", name, err)
	}
	if newSwitch(t, "a"); !exists(name) {
		t.Errorf("%s is gone while its maker lives", name)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if newSwitch(t, "a"); exists(name) {
		t.Errorf("%s is there after its maker's death", name)
	}
	if !exists(living.Space("a").name) {
		t.Error("a living maker's namespace is gone")
	}
}
