package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// deployTogether deploys several files in one step.
func (a *app) deployTogether(cmd *cobra.Command, c *client.Client, files []string, o wire.LoadOptions) error {
	d, archives, err := a.release(cmd.Context(), c, files, o)
	if err != nil {
		return err
	}
	answer, err := c.Deploy(cmd.Context(), d, a.mutationOptions()...)
	if err != nil {
		return a.explainChange(cmd.Context(), c, err, files, archives)
	}
	var done deployed
	for i, raw := range answer.Changes {
		load := new(wire.LoadAnswer)
		if err := json.Unmarshal(raw, load); err != nil {
			return fmt.Errorf("the answer of change %d: %w", i, err)
		}
		load.DryRun, load.Deduplicated = answer.DryRun, answer.Deduplicated
		done.Packages = append(done.Packages, load)
	}
	return a.answer(done, func(w io.Writer) {
		for _, load := range done.Packages {
			printDeployed(w, load, o.NoRoute)
		}
	})
}

// release reads all files, stores them on the cluster, and makes the deployment that loads them.
func (a *app) release(ctx context.Context, c *client.Client, files []string, o wire.LoadOptions) (d wire.Deployment, archives [][]byte, err error) {
	for _, file := range files { // before the first is sent
		archive, err := a.readArchive(ctx, file)
		if err != nil {
			return d, nil, err
		}
		archives = append(archives, archive)
	}
	d = wire.Deployment{Message: o.Message, DryRun: o.DryRun}
	for _, e := range o.Expect {
		if d.Expect == nil {
			d.Expect = &wire.DeployCondition{Routes: map[string]string{}}
		}
		typ, ref, _ := strings.Cut(e, "=")
		d.Expect.Routes[typ] = ref
	}
	for i, archive := range archives {
		stored, err := c.StoreArchive(ctx, archive)
		if err != nil {
			return d, nil, ofFile(files[i], err)
		}
		change := wire.Change{Op: "load", Archive: stored.Archive, Gate: o.Gate}
		if o.NoRoute {
			change.Route = new(bool)
		}
		d.Changes = append(d.Changes, change)
	}
	return d, archives, nil
}

// explainChange names the file whose load was refused.
func (a *app) explainChange(ctx context.Context, c *client.Client, err error, files []string, archives [][]byte) error {
	var p *wire.Problem
	var change int
	if !errors.As(err, &p) || !p.Fact("change", &change) || change < 0 || change >= len(files) {
		return err
	}
	return ofFile(files[change], explainMismatch(ctx, c, archives[change], err))
}

// ofFile says in a problem which file it is about.
func ofFile(file string, err error) error {
	var p *wire.Problem
	if !errors.As(err, &p) {
		return fmt.Errorf("%s: %w", file, err)
	}
	q := *p
	q.Detail = file + ": " + q.Detail
	return &q
}
