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

// deployTogether deploys files in one step, and begins canaries of them if a share is given.
func (a *app) deployTogether(cmd *cobra.Command, c *client.Client, files []string, s *signer, o wire.LoadOptions, canary wire.CanaryRequest) error {
	d, archives, err := a.release(cmd.Context(), c, files, s, o, canary)
	if err != nil {
		return err
	}
	answer, err := c.Deploy(cmd.Context(), d, a.mutationOptions()...)
	if err != nil {
		return a.explainChange(cmd.Context(), c, err, files, archives)
	}
	var done deployed
	for i, raw := range answer.Changes {
		load, begun := new(wire.LoadAnswer), new(wire.CanaryAnswer)
		var into any = load
		if i >= len(files) {
			into = begun
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return fmt.Errorf("the answer of change %d: %w", i, err)
		}
		if into == begun {
			begun.Deduplicated = answer.Deduplicated
			done.Canaries = append(done.Canaries, begun)
			continue
		}
		load.DryRun, load.Deduplicated = answer.DryRun, answer.Deduplicated
		done.Packages = append(done.Packages, load)
	}
	if canary.Share != "" {
		return a.answerCanaries(done)
	}
	return a.answer(done, func(w io.Writer) {
		for _, load := range done.Packages {
			printDeployed(w, load, o.NoRoute)
		}
	})
}

// release reads all files, stores them on the cluster, and makes the deployment that loads them, in
// their order, and then begins the canaries.
func (a *app) release(ctx context.Context, c *client.Client, files []string, s *signer, o wire.LoadOptions, canary wire.CanaryRequest) (d wire.Deployment, archives [][]byte, err error) {
	var signatures [][]string
	for _, file := range files { // before the first is sent
		archive, err := a.readArchive(ctx, file)
		if err != nil {
			return d, nil, err
		}
		texts, err := s.of(file, archive)
		if err != nil {
			return d, nil, err
		}
		archives, signatures = append(archives, archive), append(signatures, texts)
	}
	d = wire.Deployment{Message: o.Message, DryRun: o.DryRun}
	for _, e := range o.Expect {
		if d.Expect == nil {
			d.Expect = &wire.DeployCondition{Routes: map[string]string{}}
		}
		typ, ref, _ := strings.Cut(e, "=")
		d.Expect.Routes[typ] = ref
	}
	var canaries []wire.Change
	for i, archive := range archives {
		stored, err := c.StoreArchive(ctx, archive)
		if err != nil {
			return d, nil, ofFile(files[i], err)
		}
		change := wire.Change{Op: "load", Archive: stored.Archive, Gate: o.Gate, Signatures: signatures[i]}
		if o.NoRoute {
			change.Route = new(bool)
		}
		d.Changes = append(d.Changes, change)
		if canary.Share == "" {
			continue
		}
		for _, typ := range stored.WorkflowTypes {
			canaries = append(canaries, wire.Change{
				Op: "canary", Type: typ, Version: stored.Version, Share: canary.Share, Key: canary.Key,
				AbortFailures: canary.AbortFailures, PromoteAfter: canary.PromoteAfter, For: canary.For,
			})
		}
	}
	d.Changes = append(d.Changes, canaries...)
	return d, archives, nil
}

// explainChange names the file whose load was refused; a canary that was refused names its type.
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
