package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"aion.dev/aion/internal/freeport"
)

// TestREADME runs the quick start of README.md unchanged, in a shell, in an empty folder. Only the
// ports differ, by variables.
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
	ports, err := freeport.Take(3)
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

// TestREADMEThreeNodes runs the part of README.md about three nodes unchanged. Only the ports
// differ.
func TestREADMEThreeNodes(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "<!-- three nodes: run by TestREADMEThreeNodes -->")
	part, _, ok2 := strings.Cut(rest, "<!-- three nodes end -->")
	if !ok || !ok2 {
		t.Fatal("README.md has lost the marks of its three nodes")
	}
	block := regexp.MustCompile("(?s)```sh\n(.*?)```").FindStringSubmatch(part)
	if block == nil {
		t.Fatal("there are no commands between the marks")
	}
	row, err := freeport.Take(3 * 3)
	if err != nil {
		t.Fatal(err)
	}
	script := block[1]
	for i, port := range []string{":7610", ":7620", ":7630"} {
		script = strings.ReplaceAll(script, "127.0.0.1"+port, row[3*i])
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patient)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", "set -eu\ntrap 'kill $(jobs -p); wait' EXIT\naion-node new hello >/dev/null\naion-node package hello >/dev/null\n"+script)
	cmd.Dir = t.TempDir()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), errs.String())
	}
	for _, want := range []string{"deployed hello version", row[0], row[6]} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it did not print %q:\n%s", want, out.String())
		}
	}
}

// TestPages runs the commands of pages of docs unchanged, from top to bottom, beside a node. Only
// the ports differ. Commands after a mark are for other places than one node.
func TestPages(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not here; TestAPIDocs of transport makes the same calls without it")
	}
	for page, want := range map[string][]string{
		"API.md": {`"code":"not_found"`, `"freshly_loaded":true`, `"approved_by":"Ada"`, `"code":"lease_lost"`, `"deduplicated":true`, "event: RouteChanged"},
	} {
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("../../docs", page))
			if err != nil {
				t.Fatal(err)
			}
			part, _, _ := strings.Cut(string(text), "<!-- not by TestPages -->")
			ports, err := freeport.Take(3)
			if err != nil {
				t.Fatal(err)
			}
			script := "set -eu\naion-node serve >node.log 2>&1 &\ntrap 'kill $!; wait' EXIT\naion-node versions >/dev/null\n"
			for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(part, -1) {
				script += block[1]
			}
			dir := t.TempDir()
			docs, err := filepath.Abs("../../docs")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(docs, filepath.Join(dir, "docs")); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*patient)
			defer cancel()
			cmd := exec.CommandContext(ctx, "bash", "-c", strings.ReplaceAll(script, "127.0.0.1:7600", ports[0]))
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "AION_HTTP_ADDRESS="+ports[0], "AION_RAFT_ADDRESS="+ports[1], "AION_GOSSIP_ADDRESS="+ports[2], "AION_ADDR="+ports[0])
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s\n%s", err, out.String(), errs.String())
			}
			for _, text := range want {
				if !strings.Contains(out.String(), text) {
					t.Errorf("the page did not print %q:\n%s", text, out.String())
				}
			}
		})
	}
}
