package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/client"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
)

// versionsDiff is the answer of versions diff: unified diffs, empty where nothing differs.
type versionsDiff struct {
	WorkflowType string          `json:"workflow_type"`
	From         catalog.Version `json:"from"`
	To           catalog.Version `json:"to"`
	Manifest     string          `json:"manifest"` // of manifest.json, without the version
	Modules      []moduleDiff    `json:"modules"`  // those that differ, by name
}

type moduleDiff struct {
	Name   string `json:"name"`
	Change string `json:"change"` // added, removed or changed
	Diff   string `json:"diff"`
}

func versionsDiffCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "diff TYPE FROM TO",
		Short: "Show how the manifests and sources of two loaded versions differ",
		Args:  arguments("TYPE", "FROM", "TO"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*versionsDiff, error) {
				from, err := a.openVersion(ctx, c, args[0], args[1])
				if err != nil {
					return nil, err
				}
				to, err := a.openVersion(ctx, c, args[0], args[2])
				if err != nil {
					return nil, err
				}
				return diffVersions(args[0], from, to)
			}, func(w io.Writer, d *versionsDiff) { printDiff(w, d, a.colours()) })
		},
	}
}

// openVersion fetches a loaded version.
func (a *app) openVersion(ctx context.Context, c *client.Client, typ, version string) (*catalog.Archive, error) {
	archive, err := c.FetchArchive(ctx, typ, version, a.readOptions()...)
	if err != nil {
		return nil, err
	}
	opened, err := catalog.Open(archive, everyArchive)
	if err != nil {
		return nil, fmt.Errorf("the archive of version %s: %w", version, err)
	}
	return opened, nil
}

func diffVersions(typ string, from, to *catalog.Archive) (*versionsDiff, error) {
	d := &versionsDiff{WorkflowType: typ, From: from.Version, To: to.Version, Modules: []moduleDiff{}}
	unified := func(name string, a, b []byte) string {
		if (catalog.Module{Name: name}).Guest() {
			return fmt.Sprintf("--- %[1]s/%[2]s\n+++ %[3]s/%[2]s\nWebAssembly: %[4]d bytes before, %[5]d now\n", from.Version.Short(), name, to.Version.Short(), len(a), len(b))
		}
		text := diff.Diff(from.Version.Short()+"/"+name, a, to.Version.Short()+"/"+name, b)
		_, text, _ = bytes.Cut(text, []byte("\n")) // the line "diff ...", which repeats the two below it
		return string(text)
	}
	a, err := manifestText(from)
	if err != nil {
		return nil, err
	}
	b, err := manifestText(to)
	if err != nil {
		return nil, err
	}
	d.Manifest = unified(catalog.ManifestName, a, b)
	var names []string
	for _, m := range slices.Concat(from.Modules, to.Modules) {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		old, was := moduleOf(from, name)
		now, is := moduleOf(to, name)
		change := "changed"
		switch {
		case bytes.Equal(old, now) && was == is:
			continue
		case !was:
			change = "added"
		case !is:
			change = "removed"
		}
		d.Modules = append(d.Modules, moduleDiff{name, change, unified(catalog.ModulesFolder+name, old, now)})
	}
	return d, nil
}

// manifestText returns a manifest for people, without the version, which always differs.
func manifestText(a *catalog.Archive) ([]byte, error) {
	m := a.Manifest
	m.Version = catalog.Version{}
	text, err := json.MarshalIndent(m, "", "  ")
	return append(text, '\n'), err
}

func moduleOf(a *catalog.Archive, name string) (source []byte, ok bool) {
	i := slices.IndexFunc(a.Modules, func(m catalog.Module) bool { return m.Name == name })
	if i < 0 {
		return nil, false
	}
	return a.Modules[i].Source, true
}

func printDiff(w io.Writer, d *versionsDiff, colours bool) {
	if d.Manifest == "" && len(d.Modules) == 0 {
		fmt.Fprintf(w, "nothing differs: both are version %s\n", d.To.Short())
		return
	}
	printUnified(w, d.Manifest, colours)
	for _, m := range d.Modules {
		if m.Diff == "" { // a module without a line in it
			fmt.Fprintf(w, "%s: %s\n", oneLine(m.Name), m.Change)
		}
		printUnified(w, m.Diff, colours)
	}
}

// printUnified prints a unified diff, with colours if they are wanted.
func printUnified(w io.Writer, text string, colours bool) {
	const red, green, cyan, off = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[0m"
	for line := range strings.Lines(text) {
		line = printable(strings.TrimSuffix(line, "\n"))
		colour := ""
		switch {
		case !colours:
		case strings.HasPrefix(line, "+"):
			colour = green
		case strings.HasPrefix(line, "-"):
			colour = red
		case strings.HasPrefix(line, "@@"):
			colour = cyan
		}
		if colour != "" {
			line = colour + line + off
		}
		fmt.Fprintln(w, line)
	}
}

// colours reports whether the answer is printed where colours help: on a terminal whose owner has
// not asked for none (no-color.org).
func (a *app) colours() bool {
	_, ok := terminal(a.out)
	return ok && a.environ("NO_COLOR") == "" && a.environ("TERM") != "dumb"
}
