package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"aion.dev/aion/catalog/project"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// deployed is the answer of a deploy of several files.
type deployed struct {
	Packages []*wire.LoadAnswer   `json:"packages"`
	Canaries []*wire.CanaryAnswer `json:"canaries,omitzero"` // with --canary
}

func deployCmd(a *app) *cobra.Command {
	var o wire.LoadOptions
	var canary canaryFlags
	var s signer
	cmd := &cobra.Command{
		Use:   "deploy [FILE|DIR]...",
		Short: "Load packages into the running cluster and route their workflow types to them",
		Long: `Load packages and point the routes of all their workflow types at them: every start answered from then on runs the new code, every run that is
under way keeps the code it started on. FILE may be - for standard input. A folder
with a workflow.toml is packed and sent, as package writes it; without any argument, the current one.

With --canary SHARE the routes stay, and that share of new starts of each type goes to the package, until canary promote, canary abort, or one of --abort-failures, --promote-after and
--for ends it. Each type is routed already then.

With --gate open the routes move only if, in that very step, every open run of the types replays on the new code; else the first that do not are listed. Their turns wait for up to a
second while the last of them are checked.

Signatures in FILE.sig beside FILE go along, and with --sign those by keys (see policy).

Several files are one step: all of them are loaded and routed, or get their canaries, at once, or none.`,
		Args:              arguments("[FILE|DIR]..."),
		ValidArgsFunction: completeFiles("aion"),
		RunE: func(cmd *cobra.Command, files []string) error {
			files, err := filesOf("deploy", files)
			if err != nil {
				return err
			}
			if err := canary.check(cmd, &o); err != nil {
				return err
			}
			for _, e := range o.Expect {
				if _, ref, ok := strings.Cut(e, "="); !ok || ref == "" {
					return usage("--expect-route %q is not TYPE=VERSION or TYPE=none", e)
				}
			}
			if err := s.read(); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			if len(files) > 1 || canary.request.Share != "" {
				return a.deployTogether(cmd, c, files, &s, o, canary.request)
			}
			archive, err := a.readArchive(cmd.Context(), files[0])
			if err != nil {
				return err
			}
			if o.Signatures, err = s.of(files[0], archive); err != nil {
				return err
			}
			answer, err := c.Load(cmd.Context(), archive, o, a.mutationOptions()...)
			if err = explainMismatch(cmd.Context(), c, archive, err); err != nil {
				return err
			}
			return a.answer(answer, func(w io.Writer) { printDeployed(w, answer, o.NoRoute) })
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.NoRoute, "no-route", false, "load only; leave the routes as they are")
	f.StringArrayVar(&o.Expect, "expect-route", nil, "refuse unless `TYPE=VERSION` (or TYPE=none) is the route now; may be repeated")
	f.BoolVar(&o.DryRun, "dry-run", false, "check everything and say what would happen; change nothing")
	canary.begin(cmd)
	s.flag(cmd, "sign each package")
	f.StringVar(&o.Gate, "gate", "", "`open`: route only if every open run of the types replays on it as far as it has come")
	f.StringVar(&o.Message, "message", "", "`TEXT` for the deploy history")
	return cmd
}

// filesOf returns what a command is to deploy: without arguments the current folder, if it is a
// project.
func filesOf(command string, files []string) ([]string, error) {
	if len(files) > 0 {
		return files, nil
	}
	if _, err := os.Stat(project.ConfigName); err != nil {
		return nil, usage("%s: FILE or DIR is missing, and the current folder has no %s", command, project.ConfigName)
	}
	return []string{"."}, nil
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
