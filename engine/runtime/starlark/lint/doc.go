// Package lint finds mistakes in workflow code without running it, and answers what editors ask
// about code: what a name is, where it is defined, what may follow a dot.
//
// It decides only what follows from the text and from what package surface says; a finding of
// severity error is certain to fail when the line is run. It loads nothing, runs nothing and reads
// no files.
//
// Begin with project.go, then file.go (the names of one module), then calls.go and state.go (the
// rules), then editor.go.
package lint
