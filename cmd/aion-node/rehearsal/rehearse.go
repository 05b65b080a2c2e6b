package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/languages"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/engine/runtime/starlark/startest"
	"aion.dev/aion/fsm/history"
)

// Options say what to run, and how.
type Options struct {
	Dir     string         // the project's folder
	Match   *regexp.Regexp // matches test names; nil = all
	Timeout time.Duration  // of one test, in real time; 0 = 30 s
	// Began and Ended are called when a test begins and ends, FileEnded when a file ends; each may
	// be nil.
	Began     func(file, test string)
	Ended     func(file string, r Result)
	FileEnded func(f File)

	compiler runtime.Compiler // for the worlds; nil = that of this machine
}

// Run runs the tests of a project, one after the other. An error means that they could not be run:
// the project does not build, or ctx ended. A failed test is in the report. A project without tests
// has a report without files.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.compiler == nil {
		o.compiler = languages.Local()
	}
	p, err := open(ctx, o.Dir)
	if err != nil {
		return nil, err
	}
	report := &Report{Version: p.built.Version.String(), Files: []File{}}
	for _, name := range p.files {
		f := p.file(ctx, name, o)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		report.Files = append(report.Files, f)
		if f.Broken != nil {
			report.Failed++
		}
		for _, r := range f.Tests {
			if r.Passed {
				report.Passed++
			} else {
				report.Failed++
			}
		}
		if o.FileEnded != nil {
			o.FileEnded(f)
		}
	}
	return report, nil
}

// file runs the tests of one file.
func (p *plan) file(ctx context.Context, name string, o Options) File {
	began := time.Now()
	f := File{File: name, Tests: []Result{}}
	suite, err := startest.Load(ctx, p.modules, name, p.archive.Manifest.ABI, p.archive.Manifest.Activities)
	if err != nil {
		f.Broken = p.explain(err)
		f.Elapsed = since(began)
		return f
	}
	for _, t := range suite.Tests {
		if o.Match != nil && !o.Match.MatchString(t.Name) {
			continue
		}
		if o.Began != nil {
			o.Began(name, t.Name)
		}
		r := p.test(ctx, suite, t, o)
		if ctx.Err() != nil {
			return f
		}
		f.Tests = append(f.Tests, r)
		if o.Ended != nil {
			o.Ended(name, r)
		}
	}
	f.Elapsed = since(began)
	return f
}

// test runs one test in a world of its own, and then replays the world's histories.
func (p *plan) test(ctx context.Context, suite *startest.Suite, t startest.Test, o Options) Result {
	began := time.Now()
	r := Result{Test: t.Name, Line: t.Line}
	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout, fmt.Errorf("the test takes longer than %s", o.Timeout))
	defer cancel()
	says := new(transcript)
	running := suite.Begin(t, says.addTest)
	defer context.AfterFunc(ctx, func() { running.Interrupt(context.Cause(ctx)) })()
	w, err := newWorld(ctx, p, running, says, o.compiler)
	if err == nil {
		if err = running.Run(w); err == nil {
			r.Cuts, err = w.replayCuts(ctx)
		}
		r.Skipped, r.Runs = w.elapsed()
		err = errors.Join(err, w.close())
	}
	r.Log, r.Elapsed = says.lines(), since(began)
	if err != nil {
		r.Failure = p.explain(err)
	}
	r.Passed = err == nil
	return r
}

// explain converts an error into a Failure for the author, with the source lines.
func (p *plan) explain(err error) *Failure {
	f := &Failure{Message: err.Error()}
	var script *starlark.ScriptError
	var broken *runtime.PackageError
	var ended *startest.Ended
	var torn *replayError
	if errors.As(err, &script) {
		f.Message = script.Message
		for _, frame := range script.Stack {
			f.Stack = append(f.Stack, p.place(frame))
		}
	}
	switch {
	case errors.As(err, &broken):
		f.Message = broken.Reason
		for _, frame := range broken.Stack {
			f.Stack = append(f.Stack, p.place(frame))
		}
		if at := broken.At(); at != "" && len(f.Stack) == 0 {
			f.Stack = []Place{p.place(at)}
		}
	case errors.As(err, &ended):
		f.Workflow = p.stackOf(ended.Standing.Error)
	case errors.As(err, &torn):
		f.Workflow = p.mismatch(torn.err)
	}
	return f
}

// stackOf returns the call stack in the details of a run's error.
func (p *plan) stackOf(e *history.RunError) []Place {
	var details struct {
		Stack []string `json:"stack"`
	}
	if e == nil || json.Unmarshal(e.Details, &details) != nil {
		return nil
	}
	var stack []Place
	for _, frame := range details.Stack {
		stack = append(stack, p.place(frame))
	}
	return stack
}

// mismatch returns the line at which replayed code asks for something different.
func (p *plan) mismatch(err error) []Place {
	var m *replay.Mismatch
	if !errors.As(err, &m) || m.At == "" {
		return nil
	}
	return []Place{p.place(m.At)}
}

func since(t time.Time) Duration { return Duration(time.Since(t)) }
