package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBenchNodesEndWithIt kills a measurement with SIGKILL: its node ends, although nobody is left
// to end it.
func TestBenchNodesEndWithIt(t *testing.T) {
	binary, err := exec.LookPath("aion-node")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "bench", "--nodes", "1", "--dir", t.TempDir(), "--duration", "100ms", "--callers", "1", "--rounds", "100", "--only", "noop")
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(said)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "round 1 ") {
	}
	var children []string
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", cmd.Process.Pid))
	for _, task := range tasks {
		b, _ := os.ReadFile(task) // that thread may have ended
		children = append(children, strings.Fields(string(b))...)
	}
	if err != nil || len(children) != 1 {
		t.Fatalf("it has the children %v, %v", children, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("it ended well")
	}
	err = eventually(func() error {
		stat, err := os.ReadFile("/proc/" + children[0] + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") { // gone, or dead until somebody asks for its status
			return nil
		}
		return fmt.Errorf("the node goes on: %s", stat)
	})
	if err != nil {
		t.Error(err)
	}
}
