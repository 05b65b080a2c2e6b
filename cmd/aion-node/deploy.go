package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// deployed is the answer of a deploy of several files. Error is the refusal at which it stopped.
type deployed struct {
	Packages []*wire.LoadAnswer `json:"packages"`
	Error    *wire.Problem      `json:"error,omitempty"`
}

func deployCmd(a *app) *cobra.Command {
	var o wire.LoadOptions
	cmd := &cobra.Command{
		Use:   "deploy [FILE|DIR]...",
		Short: "Load packages into the running cluster and route their workflow types to them",
		Long: `Load packages and point the routes of all their workflow types at them: every start answered from then on runs the new code, every run that is
under way keeps the code it started on. FILE may be - for standard input. A folder
with a workflow.toml is packed and sent, as package writes it; without any argument, the current one.

Several files are deployed in order, up to the first that is refused; those before it stay. With --request-id ID they use ID/1, ID/2, ...`,
		Args:              arguments("[FILE|DIR]..."),
		ValidArgsFunction: completeFiles("aion"),
		RunE: func(cmd *cobra.Command, files []string) error {
			if len(files) == 0 {
				if _, err := os.Stat(project.ConfigName); err != nil {
					return usage("deploy: FILE or DIR is missing, and the current folder has no %s", project.ConfigName)
				}
				files = []string{"."}
			}
			for _, e := range o.Expect {
				if _, ref, ok := strings.Cut(e, "="); !ok || ref == "" {
					return usage("--expect-route %q is not TYPE=VERSION or TYPE=none", e)
				}
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			archives, expects, err := a.readArchives(cmd.Context(), files, o.Expect)
			if err != nil {
				return err
			}
			var done deployed
			for i, archive := range archives {
				opts := a.mutationOptions()
				if len(files) > 1 && a.requestID != "" {
					opts = []client.Option{client.RequestID(a.requestID + "/" + strconv.Itoa(i+1))}
				}
				o.Expect = expects[i]
				a.repeat = a.repeatOne(cmd, files, i)
				answer, err := c.Load(cmd.Context(), archive, o, opts...)
				err = explainMismatch(cmd.Context(), c, archive, err)
				if err != nil && len(files) > 1 {
					return a.stopped(cmd, done, files[i], err)
				}
				if err != nil {
					return err
				}
				done.Packages = append(done.Packages, answer)
				if !a.json {
					printDeployed(a.out, answer, o.NoRoute)
				}
			}
			switch {
			case !a.json:
				return nil
			case len(files) == 1:
				return a.document(done.Packages[0])
			}
			return a.document(done)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.NoRoute, "no-route", false, "load only; leave the routes as they are")
	f.StringArrayVar(&o.Expect, "expect-route", nil, "refuse unless `TYPE=VERSION` (or TYPE=none) is the route now; may be repeated")
	f.BoolVar(&o.DryRun, "dry-run", false, "check everything and say what would happen; change nothing")
	f.StringVar(&o.Message, "message", "", "`TEXT` for the deploy history")
	return cmd
}

// repeatOne returns the command line that repeats the deploy of one of several files: unless a
// request id was given, each has one of its own.
func (a *app) repeatOne(cmd *cobra.Command, files []string, i int) string {
	if len(files) == 1 || a.requestID != "" {
		return ""
	}
	others := slices.DeleteFunc(slices.Clone(a.args), func(arg string) bool { return arg != files[i] && slices.Contains(files, arg) })
	return commandLine(cmd, others)
}

// stopped reports that a deploy of several files stopped in the middle.
func (a *app) stopped(cmd *cobra.Command, done deployed, file string, err error) error {
	p, status := problemOf(cmd, err)
	if q := a.interrupted(cmd.Context(), err); q != nil {
		p, status = q, exitInterrupted
	}
	var id string
	if p.Outcome == wire.Unknown && p.Fact("request_id", &id) {
		p.Hint = a.repetition(cmd, id)
	}
	p.Detail = file + ": " + p.Detail
	a.printProblem(p)
	if n := len(done.Packages); n > 0 && !a.json {
		fmt.Fprintf(a.err, "%s before it stay deployed\n", count(n, "package"))
	}
	if a.json {
		done.Error = p
		if done.Packages == nil {
			done.Packages = []*wire.LoadAnswer{}
		}
		if err := a.document(done); err != nil {
			return err
		}
	}
	return &reported{status}
}

// readArchives reads all files before the first is sent, and assigns to each package the conditions
// on its own types.
func (a *app) readArchives(ctx context.Context, files, expect []string) (archives [][]byte, expects [][]string, err error) {
	expects = make([][]string, len(files))
	for _, path := range files {
		archive, err := a.readArchive(ctx, path)
		if err != nil {
			return nil, nil, err
		}
		archives = append(archives, archive)
	}
	if len(files) == 1 {
		expects[0] = expect
		return archives, expects, nil
	}
	for _, e := range expect {
		typ, _, _ := strings.Cut(e, "=")
		carried := false
		for i, archive := range archives {
			opened, err := catalog.Open(archive, catalog.DefaultLimits())
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", files[i], err)
			}
			if _, ok := opened.Workflow(typ); ok {
				expects[i] = append(expects[i], e)
				carried = true
			}
		}
		if !carried {
			return nil, nil, usage("--expect-route %q: no package carries workflow type %q", e, typ)
		}
	}
	return archives, expects, nil
}

// readArchive reads a file, or packs a folder. Errors in a folder are found here, before anything
// is sent.
func (a *app) readArchive(ctx context.Context, path string) ([]byte, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return a.readFile(path)
	}
	built, err := buildChecked(ctx, path)
	if err != nil {
		return nil, err
	}
	return built.Archive, nil
}

func printDeployed(w io.Writer, d *wire.LoadAnswer, noRoute bool) {
	verb := "deployed"
	switch {
	case d.DryRun:
		verb = "would deploy"
	case !d.FreshlyLoaded:
		verb = "already loaded:"
	}
	fmt.Fprintf(w, "%s %s version %s (index %d)%s\n", verb, strings.Join(d.WorkflowTypes, ", "), short(d.Version), d.Index, repeatNote(d.Deduplicated))
	switch {
	case d.RouteChanged:
		for _, typ := range slices.Sorted(maps.Keys(d.PreviousRoutes)) {
			fmt.Fprintf(w, "  %s: routed to %s, was %s\n", typ, short(d.Version), short(d.PreviousRoutes[typ]))
		}
		if len(d.PreviousRoutes) == 0 {
			fmt.Fprintf(w, "  new runs start on it\n")
		}
	case noRoute:
		fmt.Fprintf(w, "  routes unchanged; aion-node route TYPE %s starts new runs on it\n", short(d.Version))
	default:
		fmt.Fprintf(w, "  it was routed already\n")
	}
}

// repeatNote says that an answer repeats that of an earlier call.
func repeatNote(deduplicated bool) string {
	if deduplicated {
		return ", as answered before"
	}
	return ""
}

// reported is an error that was already printed.
type reported struct{ status int }

func (e *reported) Error() string { return "reported" }

func reportedStatus(err error) (int, bool) {
	var r *reported
	if errors.As(err, &r) {
		return r.status, true
	}
	return 0, false
}
