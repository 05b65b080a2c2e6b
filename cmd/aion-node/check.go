package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/cmd/aion-node/rehearsal"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/languages"
	"aion.dev/aion/engine/runtime/starlark/lint"
	"aion.dev/aion/engine/schema"
	"github.com/spf13/cobra"
)

// folderOf returns the folder that an optional argument names.
func folderOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// buildChecked packs a project and checks what a deploy would check: schemas, every module, every
// entry function. Its errors name the project's files.
func buildChecked(ctx context.Context, dir string) (*project.Built, error) {
	built, err := project.Build(dir)
	if err != nil {
		return nil, err
	}
	archive, err := catalog.Open(built.Archive, catalog.DefaultLimits())
	if err != nil {
		return nil, err
	}
	if err := schema.CheckArchive(ctx, archive, schema.DefaultPatterns); err != nil {
		return nil, err
	}
	_, err = languages.Local().Compile(ctx, archive)
	return built, err
}

// finding is one error in a project. Line and Column are 0 if unknown.
type finding struct {
	File    string   `json:"file"`
	Line    int      `json:"line,omitempty"`
	Column  int      `json:"column,omitempty"`
	Message string   `json:"message"`
	Stack   []string `json:"stack,omitempty"`

	Severity lint.Severity `json:"severity"`       // a deploy or a run fails by an error; a warning may be meant
	Rule     string        `json:"rule,omitempty"` // of those who look at code without running it
}

// checked is the answer of check.
type checked struct {
	Version  string    `json:"version,omitempty"`
	Types    []string  `json:"workflow_types,omitempty"`
	Findings []finding `json:"findings"`
}

// errors counts the findings that are no warnings.
func (c *checked) errors() (n int) {
	for _, f := range c.Findings {
		if f.Severity == lint.Error {
			n++
		}
	}
	return n
}

// lookAtCode looks for mistakes in the code of a project that builds, without running it.
func lookAtCode(dir string, built *project.Built) (list []finding, err error) {
	tests, err := rehearsal.Tests(dir)
	if err != nil {
		return nil, err
	}
	a := lint.Analyze(lint.Project{ABI: built.Manifest.ABI, Modules: catalog.Sources(built.Modules), Tests: tests, Activities: built.Manifest.Activities, Workflows: built.Manifest.Workflows})
	for _, found := range a.Findings() {
		if found.Rule == "syntax" {
			continue // a deploy says so, and the tests do
		}
		path, ok := built.Paths[found.Module]
		if !ok {
			path = found.Module // of a test
		}
		list = append(list, finding{File: filepath.Join(dir, path), Line: found.Line, Column: found.Column, Message: found.Message, Severity: found.Severity, Rule: found.Rule})
	}
	return list, nil
}

func checkCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check [DIR]",
		Short: "Check a project as a deploy would, without a node",
		Long: `Check the project in folder DIR (default: the current folder) as a deploy would: workflow.toml,
schemas, every module, every entry function, and the files of its tests. Then look at the code for what
would fail once it is run: calls of ctx with wrong arguments, activities that workflow.toml does not
declare, misspelt names of fields, types and keys of state. Needs no node. What is wrong is printed as
FILE:LINE:COLUMN: MESSAGE, the form that editors and CI read; the exit status is then 1, unless there
are only warnings.`,
		Args: arguments("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := folderOf(args)
			built, err := buildChecked(cmd.Context(), dir)
			answer := checked{Findings: []finding{}}
			switch f := (finding{Severity: lint.Error}); {
			case err == nil:
				answer.Version = built.Version.String()
				for _, w := range built.Manifest.Workflows {
					answer.Types = append(answer.Types, w.Type)
				}
				broken, err := rehearsal.Broken(cmd.Context(), dir)
				if err != nil {
					return err
				}
				for _, b := range broken {
					f := finding{Message: b.Message, Severity: lint.Error}
					for _, p := range b.Stack {
						f.Stack = append(f.Stack, p.At)
					}
					f.place(dir, "")
					answer.Findings = append(answer.Findings, f)
				}
				looked, err := lookAtCode(dir, built)
				if err != nil {
					return err
				}
				answer.Findings = append(answer.Findings, looked...)
			case f.read(dir, err):
				answer.Findings = append(answer.Findings, f)
			default:
				return err // the folder does not exist
			}
			if err := a.answer(answer, func(w io.Writer) { printChecked(w, dir, &answer) }); err != nil {
				return err
			}
			if answer.errors() > 0 {
				return &reported{exitRefused}
			}
			return nil
		},
	}
}

func printChecked(w io.Writer, dir string, c *checked) {
	for _, f := range c.Findings {
		at := f.File
		if f.Line > 0 {
			at += fmt.Sprintf(":%d:%d", f.Line, max(f.Column, 1))
		}
		warning := ""
		if f.Severity == lint.Warning {
			warning = "warning: "
		}
		fmt.Fprintf(w, "%s: %s%s\n", at, warning, printable(f.Message))
		for _, frame := range f.Stack {
			fmt.Fprintf(w, "    %s\n", printable(frame))
		}
	}
	if c.errors() == 0 {
		fmt.Fprintf(w, "ok: %s, version %s\n", strings.Join(c.Types, ", "), short(c.Version))
	}
}

// read fills the finding from an error of building or compiling; it returns false for other errors.
func (f *finding) read(dir string, err error) bool {
	var invalid *project.Invalid
	var broken *runtime.PackageError
	var refused *catalog.InvalidPackage
	switch {
	case errors.As(err, &invalid):
		f.File, f.Line, f.Column = filepath.Join(dir, invalid.File), invalid.Line, invalid.Column
		f.Message = invalid.Reason
		if invalid.Key != "" {
			f.Message = invalid.Key + ": " + f.Message
		}
	case errors.As(err, &broken):
		f.Message, f.Stack = broken.Reason, broken.Stack
		f.place(dir, broken.At())
	case errors.As(err, &refused):
		f.Message = err.Error()
		f.File = filepath.Join(dir, project.ConfigName)
	default:
		var refusal interface{ Code() string }
		if !errors.As(err, &refusal) {
			return false
		}
		f.File, f.Message = filepath.Join(dir, project.ConfigName), err.Error()
	}
	return true
}

// place sets file, line and column from at, which is like "order.star:12:9", or from the innermost
// call of the stack.
func (f *finding) place(dir, at string) {
	if n := len(f.Stack); at == "" && n > 0 {
		at, _, _ = strings.Cut(f.Stack[n-1], " in ")
	}
	parts := strings.Split(at, ":")
	file := parts[0]
	if file == "" {
		file = project.ConfigName
	}
	if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
		if _, err := os.Stat(filepath.Join(dir, "src", file)); err == nil {
			file = filepath.Join("src", file)
		}
	}
	f.File = filepath.Join(dir, file)
	if len(parts) > 1 {
		f.Line, _ = strconv.Atoi(parts[1])
	}
	if len(parts) > 2 {
		f.Column, _ = strconv.Atoi(parts[2])
	}
}
