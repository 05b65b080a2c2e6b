package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// pkg is a package with tests, built.
type pkg struct {
	name, dir, binary string
	quick             []string // the tests that are run again
}

// build builds the tests of all packages that match and have tests.
func build(ctx context.Context, dir string, patterns []string) ([]pkg, error) {
	list := exec.CommandContext(ctx, "go", append([]string{"list", "-f",
		`{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}`}, patterns...)...)
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list packages: %w", err)
	}
	var packages []pkg
	for line := range strings.Lines(string(out)) {
		name, where, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		p := pkg{name: name, dir: where, binary: filepath.Join(dir, strings.ReplaceAll(name, "/", "_")+".test")}
		if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", p.binary, name).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build the tests of %s: %w\n%s", name, err, out)
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// result is one run of tests of one package.
type result struct {
	tests  map[string]test
	ended  error // how the process ended
	output []byte
}

type test struct {
	verdict verdict
	took    time.Duration
}

type verdict string

const (
	passed  verdict = "pass"
	failed  verdict = "fail"
	skipped verdict = "skip"
	running verdict = "run" // the process ended before the test did
)

// round runs the tests that match, in random order, on the given number of processors (0 = all).
func (p *pkg) round(ctx context.Context, match string, patience time.Duration, processors int) (result, error) {
	c := exec.CommandContext(ctx, "go", "tool", "test2json", "-t", p.binary, "-test.v=test2json",
		"-test.run="+match, "-test.shuffle=on", "-test.timeout="+patience.String())
	c.Dir = p.dir
	if c.Env = os.Environ(); processors > 0 {
		c.Env = append(c.Env, fmt.Sprint("GOMAXPROCS=", processors))
	}
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	out, err := c.Output()
	if ctx.Err() != nil {
		return result{}, ctx.Err()
	}
	return parse(out, err), nil
}

// parse reads the output of test2json. Subtests count towards their parents.
func parse(out []byte, ended error) result {
	r := result{tests: make(map[string]test), ended: ended}
	var text bytes.Buffer
	for line := range bytes.Lines(out) {
		var e struct {
			Action, Test, Output string
			Elapsed              float64
		}
		if json.Unmarshal(line, &e) != nil {
			continue
		}
		text.WriteString(e.Output)
		if e.Test == "" || strings.Contains(e.Test, "/") {
			continue
		}
		switch v := verdict(e.Action); v {
		case running, passed, failed, skipped:
			r.tests[e.Test] = test{v, time.Duration(e.Elapsed * float64(time.Second))}
		}
	}
	r.output = text.Bytes()
	return r
}

// quick lists the tests that passed within d.
func (r result) quick(d time.Duration) (names []string) {
	for name, t := range r.tests {
		if t.verdict == passed && t.took <= d {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// failed reports whether anything failed, including only the package's own end.
func (r result) failed() bool { return r.ended != nil }
