package project

import (
	"fmt"
	"strings"
)

// Invalid describes an error in a project and where it is.
type Invalid struct {
	File   string // in the project, with slashes
	Line   int    // 0 = unknown
	Column int    // in bytes, from 1; 0 = unknown
	Key    string // of workflow.toml, like "workflow[0].timeout"; "" = none
	Reason string // completes a sentence that starts with Key or, without one, with File
}

func (e *Invalid) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	if e.Key != "" || e.Line > 0 {
		b.WriteByte(':')
	}
	if e.Key != "" {
		b.WriteString(" " + e.Key)
	}
	b.WriteString(" " + e.Reason)
	return b.String()
}

// Code implements the interface of errors that the command line shows.
func (e *Invalid) Code() string { return "invalid_package" }

// Facts implements the interface of errors that the command line shows.
func (e *Invalid) Facts() map[string]any {
	facts := map[string]any{"file": e.File, "reason": e.Reason}
	if e.Line > 0 {
		facts["line"], facts["column"] = e.Line, e.Column
	}
	if e.Key != "" {
		facts["key"] = e.Key
	}
	return facts
}
