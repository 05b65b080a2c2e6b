package rehearsal

import "time"

// Duration is written as a Go duration string.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Report is the outcome of a project's tests.
type Report struct {
	Version string `json:"version"` // version of the tested package
	Passed  int    `json:"passed"`
	Failed  int    `json:"failed"` // tests, plus files without tests because they are broken
	Files   []File `json:"files"`
}

// File is the outcome of one test file.
type File struct {
	File    string   `json:"file"`
	Broken  *Failure `json:"broken,omitempty"` // why none of its tests could be run
	Tests   []Result `json:"tests"`            // the tests that were run
	Elapsed Duration `json:"elapsed"`
}

// OK reports whether everything in the file passed.
func (f *File) OK() bool {
	for _, t := range f.Tests {
		if t.Failure != nil {
			return false
		}
	}
	return f.Broken == nil
}

// Result is the outcome of one test.
type Result struct {
	Test    string   `json:"test"`
	Line    int      `json:"line"`
	Passed  bool     `json:"passed"`
	Failure *Failure `json:"failure,omitempty"`
	Elapsed Duration `json:"elapsed"` // in real time
	Skipped Duration `json:"skipped"` // how far the world's time advanced
	Runs    int      `json:"runs"`    // that the test started, and that they started
	Cuts    int      `json:"cuts"`    // number of places at which their histories were cut and replayed
	Log     []Line   `json:"log,omitempty"`
}

// Line is a line that a workflow, or the test itself, logged.
type Line struct {
	Workflow string `json:"workflow,omitempty"` // its id; "" = the test
	Text     string `json:"text"`
}

// Failure says why a test failed, and where.
type Failure struct {
	Message  string  `json:"message"`
	Stack    []Place `json:"stack,omitempty"`    // in the test, outermost call first
	Workflow []Place `json:"workflow,omitempty"` // in the failed workflow's code, likewise
}

// Place is a line of code.
type Place struct {
	At   string `json:"at"` // file:line:column
	In   string `json:"in,omitempty"`
	Line string `json:"text,omitempty"`
}
