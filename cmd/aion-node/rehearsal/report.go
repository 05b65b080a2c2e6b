package rehearsal

import "time"

// Duration is written as a Go duration string.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Report is how the tests of a project went.
type Report struct {
	Version string `json:"version"` // of the package that was tested
	Passed  int    `json:"passed"`
	Failed  int    `json:"failed"` // tests, and files that hold none because they are broken
	Files   []File `json:"files"`
}

// File is how one file of tests went.
type File struct {
	File    string   `json:"file"`
	Broken  *Failure `json:"broken,omitempty"` // why none of its tests could be run
	Tests   []Result `json:"tests"`            // that were run
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

// Result is how one test went.
type Result struct {
	Test    string   `json:"test"`
	Line    int      `json:"line"`
	Passed  bool     `json:"passed"`
	Failure *Failure `json:"failure,omitempty"`
	Elapsed Duration `json:"elapsed"` // by the clock on the wall
	Skipped Duration `json:"skipped"` // how far the time of its world went
	Runs    int      `json:"runs"`    // that it started, and that they started
	Cuts    int      `json:"cuts"`    // places at which their histories were cut and replayed
	Log     []Line   `json:"log,omitempty"`
}

// Line is what a workflow or the test itself said.
type Line struct {
	Workflow string `json:"workflow,omitempty"` // its id; "" = the test
	Text     string `json:"text"`
}

// Failure says why a test failed, and where.
type Failure struct {
	Message  string  `json:"message"`
	Stack    []Place `json:"stack,omitempty"`    // in the test, outermost call first
	Workflow []Place `json:"workflow,omitempty"` // in the code of the workflow that failed, likewise
}

// Place is a line of code.
type Place struct {
	At   string `json:"at"` // file:line:column
	In   string `json:"in,omitempty"`
	Line string `json:"text,omitempty"`
}
