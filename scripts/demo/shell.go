package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
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

// announce prints what comes next.
func announce(format string, args ...any) {
	fmt.Println("\n" + paint(bold, "== "+fmt.Sprintf(format, args...)))
}

// command returns aion-node as a command in the demo's folder, with the addresses of all nodes.
func (s *story) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(s.ctx, s.nodes.binary, args...)
	cmd.Dir = s.nodes.dir
	cmd.Env = append(os.Environ(), "AION_ADDR="+s.nodes.addresses(), "USER=demo")
	return cmd
}

// show runs aion-node as a person would, and prints the command and its output as it comes. It
// fails unless the exit status is as expected.
func (s *story) show(status int, args ...string) (printed string, err error) {
	return s.showAnd(func(string) {}, status, args...)
}

// showAnd is show that also calls heard with all output so far whenever there is more.
func (s *story) showAnd(heard func(printed string), status int, args ...string) (string, error) {
	fmt.Println(paint(dim, "$ aion-node "+quoted(args)))
	all := &memory{heard: heard}
	cmd := s.command(args...)
	cmd.Stdout = io.MultiWriter(&indented{w: os.Stdout}, all)
	cmd.Stderr = cmd.Stdout // the same writer: with one pipe the lines stay in order
	if err := cmd.Run(); err != nil && (cmd.ProcessState == nil || s.ctx.Err() != nil) {
		return "", err
	}
	if got := cmd.ProcessState.ExitCode(); got != status {
		return "", fmt.Errorf("aion-node %s ended with status %d, not %d", quoted(args), got, status)
	}
	return all.String(), nil
}

// memory keeps what is written to it.
type memory struct {
	bytes.Buffer
	heard func(string)
}

func (m *memory) Write(p []byte) (int, error) {
	defer func() { m.heard(m.String()) }()
	return m.Buffer.Write(p)
}

// indented puts two spaces before each line.
type indented struct {
	w      io.Writer
	inLine bool
}

func (i *indented) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		if !i.inLine {
			fmt.Fprint(i.w, "  ")
		}
		i.inLine = !bytes.HasSuffix(line, []byte("\n"))
		if _, err := i.w.Write(line); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// ask runs a command with --json, without showing it, and decodes its answer into v.
func (s *story) ask(v any, args ...string) error {
	var errs bytes.Buffer
	cmd := s.command(append(args, "--json")...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("aion-node %s: %w: %s", quoted(args), err, strings.TrimSpace(errs.String()))
	}
	return json.Unmarshal(out, v)
}

// until retries f, quietly, until it succeeds.
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

// quoted formats arguments so that they can be pasted into a shell.
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
