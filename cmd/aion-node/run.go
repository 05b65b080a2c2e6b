package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func runCmd(a *app) *cobra.Command {
	r := wire.StartRequest{}
	var input string
	var attributes []string
	var timeout time.Duration
	var wait bool
	var more startFlags
	var s signer
	cmd := &cobra.Command{
		Use:   "run [FILE|DIR]",
		Short: "Start a run on code that comes along with it",
		Long: `Pack a folder, or take an archive, and start a run on it: loading it, without a route, and starting on it are one step, all or nothing. What is deployed
already is used as it is. New runs of the type start where they did before.

With --ephemeral, the version goes when the last run on it has ended, unless somebody routes to it or deploys it before. What the run left can be read for as long as
retention keeps it.

With --wait, tell its ids at once (on stderr with --json), then wait for its end. ` + endStatuses + `
An interrupt ends the waiting, not the run.`,
		Args:              arguments("[FILE|DIR]"),
		ValidArgsFunction: completeFiles("aion"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if r.Input, err = a.jsonFlag("input", input); err != nil {
				return err
			}
			if r.Attributes, err = pairs("attr", attributes); err != nil {
				return err
			}
			switch {
			case timeout < 0:
				return usage("--run-timeout %s is negative", timeout)
			case timeout > 0:
				r.Timeout = timeout.String()
			}
			if err := more.read(a, &r); err != nil {
				return err
			}
			files, err := filesOf("run", args)
			if err != nil {
				return err
			}
			archive, err := a.archiveToRun(cmd.Context(), files[0], &r)
			if err != nil {
				return err
			}
			if err := s.read(); err != nil {
				return err
			}
			if r.Signatures, err = s.of(files[0], archive); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			stored, err := c.StoreArchive(cmd.Context(), archive)
			if err != nil {
				return err
			}
			r.Archive = stored.Archive
			started, err := c.Start(cmd.Context(), r, a.mutationOptions()...)
			if err != nil {
				return explainMismatch(cmd.Context(), c, archive, err)
			}
			return a.reportStart(cmd.Context(), c, r.Type, started, wait)
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.Type, "type", "", "workflow `TYPE`; may be left out if the package carries only one")
	f.BoolVar(&r.Ephemeral, "ephemeral", false, "unload the version in the entry in which the last run on it ends")
	s.flag(cmd, "sign the package")
	f.StringVar(&input, "input", "", "what the workflow gets: `JSON`, @FILE, or @- for standard input")
	f.StringVar(&r.WorkflowID, "id", "", "workflow `ID`; made up when not given")
	f.StringArrayVar(&attributes, "attr", nil, "searchable attribute `KEY=VALUE`; may be repeated")
	f.DurationVar(&timeout, "run-timeout", 0, "time out the whole run after `DURATION`; 0 = as the package says")
	f.BoolVar(&wait, "wait", false, "wait until the run has ended, and tell its result")
	more.flags(cmd)
	return cmd
}

// archiveToRun reads or packs the code, and finds out which of its types to run.
func (a *app) archiveToRun(ctx context.Context, path string, r *wire.StartRequest) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case path == "-":
	case err != nil:
		return nil, usage("run: there is no file or folder %s", path)
	case info.IsDir():
		if _, err := os.Stat(filepath.Join(path, project.ConfigName)); err != nil {
			return nil, usage("run: the folder %s has no %s (aion-node new makes a project)", path, project.ConfigName)
		}
	case filepath.Ext(path) == ".star" || filepath.Base(path) == project.ConfigName:
		return nil, usage("run: %s is a part of a project: name its folder, or an archive that aion-node package has written", path)
	}
	data, err := a.readArchive(ctx, path)
	if err != nil {
		return nil, err
	}
	archive, err := catalog.Open(data, catalog.DefaultLimits())
	if err != nil {
		return nil, ofFile(path, wire.Of(err))
	}
	pkg := archive.Package()
	types := pkg.Types()
	switch {
	case r.Type == "" && len(types) > 1:
		return nil, usage("run: %s carries several workflow types, say --type: %s", path, strings.Join(types, ", "))
	case r.Type == "":
		r.Type = types[0]
	case !slices.Contains(types, r.Type):
		return nil, usage("run: %s carries no workflow type %q; it carries %s", path, r.Type, strings.Join(types, ", "))
	}
	return data, nil
}

// broughtNote says what a start did with the code that came along.
func broughtNote(s *wire.StartAnswer) string {
	switch {
	case s.Ephemeral:
		return ", which goes with its last run"
	case s.FreshlyLoaded:
		return ", which stays loaded"
	}
	return ""
}
