package lint

import (
	"cmp"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime/starlark"
	"go.starlark.net/syntax"
)

// Project is what is looked at.
type Project struct {
	ABI        int
	Modules    []catalog.Module // by the names that load uses
	Tests      []catalog.Module // *_test.star
	Alone      bool             // nothing is known of workflow.toml, nor of modules that are not given
	Activities []string         // that workflow.toml declares
	Workflows  []catalog.Workflow
}

// Severity tells how sure a finding is.
type Severity string

// The severities. An error fails a run that comes to the line; a warning may be meant.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Finding is one mistake. Lines and columns count from 1, columns in characters.
type Finding struct {
	Module   string
	Line     int
	Column   int
	End      int // column after what is at fault, on the same line; 0 = unknown
	Severity Severity
	Rule     string
	Message  string
}

// Analysis is what was found out about a project.
type Analysis struct {
	project  Project
	files    map[string]*file
	findings []Finding
}

// Analyze looks at a project. Modules that cannot be parsed have a finding that says so, and are
// otherwise left out.
func Analyze(p Project) *Analysis {
	a := &Analysis{project: p, files: make(map[string]*file)}
	for i, m := range slices.Concat(p.Modules, p.Tests) {
		tree, err := starlark.Parse(p.ABI, m.Name, m.Source)
		if err != nil {
			a.findings = append(a.findings, Finding{Module: err.Module, Line: err.Line, Column: err.Column, Severity: Error, Rule: "syntax", Message: err.Reason})
		}
		if tree != nil {
			a.files[m.Name] = newFile(a, m.Name, tree, i >= len(p.Modules))
		}
	}
	a.spread()
	for _, name := range a.names() {
		a.files[name].check()
	}
	slices.SortFunc(a.findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Module, y.Module), x.Line-y.Line, x.Column-y.Column, cmp.Compare(x.Message, y.Message))
	})
	a.findings = slices.Compact(a.findings)
	return a
}

// Findings lists what was found, by place.
func (a *Analysis) Findings() []Finding { return a.findings }

// names lists the modules that could be parsed.
func (a *Analysis) names() []string {
	var names []string
	for _, m := range slices.Concat(a.project.Modules, a.project.Tests) {
		if a.files[m.Name] != nil {
			names = append(names, m.Name)
		}
	}
	return names
}

// spread gives parameters the class of what functions of the project are called with: ctx is handed
// on from function to function.
func (a *Analysis) spread() {
	const rounds = 20 // how many functions a value is followed through
	for range rounds {
		changed := false
		for _, f := range a.files {
			for _, call := range f.calls {
				def, at := f.callee(call.Fn)
				if def == nil {
					continue
				}
				for i, arg := range call.Args {
					if i >= len(def.Params) || spreads(arg) {
						break
					}
					param := at.variable(paramIdent(def.Params[i]))
					if class := f.classOf(arg); class != "" && param != nil && param.class == "" && len(param.values) == 0 && !param.mixed {
						param.class, changed = class, true
					}
				}
			}
		}
		if !changed {
			return
		}
	}
}

// spreads reports whether an argument is *x, **x or name = x, after which positions say nothing.
func spreads(arg syntax.Expr) bool {
	switch arg := arg.(type) {
	case *syntax.UnaryExpr:
		return arg.Op == syntax.STAR || arg.Op == syntax.STARSTAR
	case *syntax.BinaryExpr:
		return arg.Op == syntax.EQ
	}
	return false
}

// at makes a finding about a node.
func (f *file) at(n syntax.Node, severity Severity, rule, message string) {
	start, end := n.Span()
	found := Finding{Module: f.name, Line: int(start.Line), Column: int(start.Col), Severity: severity, Rule: rule, Message: message}
	if end.Line == start.Line {
		found.End = int(end.Col)
	}
	f.a.findings = append(f.a.findings, found)
}
