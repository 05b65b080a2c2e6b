package dev

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aion.dev/aion/catalog/project"
	"aion.dev/aion/transport/wire"
)

// deploy packs the project and deploys it if its version has changed. It reports what is wrong with
// the project. again means that the same files may be deployed later. An error means that the node
// can no longer be used.
func (l *Loop) deploy(ctx context.Context) (again bool, err error) {
	built, err := project.Build(l.Dir)
	if err != nil {
		l.problem(err.Error(), nil)
		return false, nil
	}
	if built.Version.String() == l.version {
		if l.trouble != "" { // the change was undone
			l.deployed(l.version, types(built))
		}
		return false, nil
	}
	answer, err := l.Client.Load(ctx, built.Archive, wire.LoadOptions{Message: l.Message})
	var p *wire.Problem
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.As(err, &p):
		var stack []string
		p.Fact("stack", &stack)
		l.problem(l.inProject(p.Detail, p), stack)
		return p.Outcome != wire.Rejected, nil
	default:
		return false, err
	}
	l.version = answer.Version
	l.deployed(answer.Version, answer.WorkflowTypes)
	return false, l.reportLeft(ctx)
}

func types(b *project.Built) (list []string) {
	for _, w := range b.Manifest.Workflows {
		list = append(list, w.Type)
	}
	return list
}

func (l *Loop) deployed(version string, types []string) {
	l.trouble = ""
	l.report(Event{Event: Deployed, Version: version, Types: types})
}

// problem reports a problem once.
func (l *Loop) problem(text string, stack []string) {
	if text == l.trouble {
		return
	}
	l.trouble = text
	l.report(Event{Event: Problem, Message: text, Stack: stack})
}

// inProject names the project's file that a module comes from: modules of the folder src are named
// relative to it.
func (l *Loop) inProject(text string, p *wire.Problem) string {
	var module string
	if !p.Fact("module", &module) {
		return text
	}
	if _, err := os.Stat(filepath.Join(l.Dir, module)); err == nil {
		return text
	}
	return strings.Replace(text, module, "src/"+module, 1)
}

// reportLeft reports how many runs are left on each version that new runs do not start on, if that
// has changed.
func (l *Loop) reportLeft(ctx context.Context) error {
	v, err := l.Client.Versions(ctx, "")
	if err != nil {
		return err
	}
	routed := map[string]bool{}
	runs := map[string]uint64{}
	for _, row := range v.Versions {
		routed[row.Version] = routed[row.Version] || row.RouteActive
		runs[row.Version] = row.Pins.Total() // of the whole package
	}
	for _, row := range v.Versions {
		version := row.Version
		n := runs[version]
		if routed[version] {
			n = 0
		}
		if n == l.reportedLeft[version] {
			continue
		}
		if l.reportedLeft[version] = n; !routed[version] {
			l.report(Event{Event: Left, Version: version, Runs: n})
		}
	}
	for version := range l.reportedLeft {
		if !slices.ContainsFunc(v.Versions, func(row wire.Version) bool { return row.Version == version }) {
			delete(l.reportedLeft, version)
		}
	}
	return nil
}
