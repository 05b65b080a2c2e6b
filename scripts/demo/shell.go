package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	plain = "\x1b[0m"
)

// colours are for terminals only.
var colours = func() bool {
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}()

func paint(style, text string) string {
	if !colours {
		return text
	}
	return style + text + plain
}

// say tells what comes next.
func say(format string, args ...any) {
	fmt.Println("\n" + paint(bold, "== "+fmt.Sprintf(format, args...)))
}

// outcome is how a command ended.
type outcome struct {
	stdout, stderr string
	status         int
}

// do runs aion-node without showing it.
func (s *story) do(args ...string) (outcome, error) {
	cmd := exec.CommandContext(s.ctx, s.nodes.binary, args...)
	cmd.Dir = s.nodes.dir
	cmd.Env = append(os.Environ(), "AION_ADDR="+s.nodes.addresses())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	o := outcome{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
	if _, ended := err.(*exec.ExitError); ended && s.ctx.Err() == nil {
		err = nil
	}
	return o, err
}

// show runs aion-node as a person would, and prints command and answer. It fails unless the exit status is as expected.
func (s *story) show(status int, args ...string) (outcome, error) {
	fmt.Println(paint(dim, "$ aion-node "+quoted(args)))
	o, err := s.do(args...)
	if err != nil {
		return o, err
	}
	for line := range strings.Lines(o.stdout + o.stderr) {
		fmt.Print("  " + line)
	}
	if o.status != status {
		return o, fmt.Errorf("aion-node %s ended with status %d, not %d", quoted(args), o.status, status)
	}
	return o, nil
}

// ask runs a command with --json and decodes its answer into v.
func (s *story) ask(v any, args ...string) error {
	o, err := s.do(append(args, "--json")...)
	if err != nil {
		return err
	}
	if o.status != 0 {
		return fmt.Errorf("aion-node %s: %s", quoted(args), strings.TrimSpace(o.stderr))
	}
	return json.Unmarshal([]byte(o.stdout), v)
}

// until tries f, quietly, until it succeeds.
func (s *story) until(what string, f func() error) error {
	return s.untilEvery(100*time.Millisecond, what, f)
}

func (s *story) untilEvery(pause time.Duration, what string, f func() error) error {
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return fmt.Errorf("%s: %w", what, err)
		case <-s.ctx.Done():
			return fmt.Errorf("%s: %w", what, s.ctx.Err())
		}
	}
}

// quoted writes arguments so that they can be pasted into a shell.
func quoted(args []string) string {
	var list []string
	for _, a := range args {
		if strings.ContainsAny(a, " \"{}'$") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		list = append(list, a)
	}
	return strings.Join(list, " ")
}
