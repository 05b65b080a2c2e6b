package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestREADME runs the quick start as it stands in README.md, in a shell, in an empty folder. Only the ports are others, by variables.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "<!-- quick start: run by TestREADME -->")
	part, _, ok2 := strings.Cut(rest, "<!-- quick start ends -->")
	if !ok || !ok2 {
		t.Fatal("README.md has lost the marks of its quick start")
	}
	var script strings.Builder
	script.WriteString("set -eu\ntrap 'kill $(jobs -p); wait' EXIT\n")
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(part, -1) {
		script.WriteString(block[1])
	}
	ports, err := freePorts(3)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script.String())
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "AION_HTTP_ADDRESS="+ports[0], "AION_RAFT_ADDRESS="+ports[1], "AION_GOSSIP_ADDRESS="+ports[2], "AION_ADDR="+ports[0])
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), errs.String())
	}
	for _, want := range []string{"wrote hello", "packed hello.aion", "deployed hello version", "started hello: workflow first", "asked", "completed", `"answer":"yes"`, "WorkflowStarted", "WorkflowCompleted"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the quick start did not print %q:\n%s", want, out.String())
		}
	}
}
