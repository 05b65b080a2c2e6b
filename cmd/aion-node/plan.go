package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// exitChanges is the exit status of plan --exit-code when something would change.
const exitChanges = 2

func planCmd(a *app) *cobra.Command {
	var o wire.LoadOptions
	var canary canaryFlags
	var exitCode bool
	var s signer
	cmd := &cobra.Command{
		Use:   "plan [FILE|DIR]...",
		Short: "Show what a deploy would change, and change nothing",
		Long: `Show what deploying the files would change: versions that are new, routes and canaries, types that are left behind, what stays because open runs need
it, schedules whose input the new version would refuse, and activities that no worker has polled for within the last hour. The archives are checked and
stored on the cluster for an hour; nothing is loaded. FILE and DIR are as for deploy.`,
		Args:              arguments("[FILE|DIR]..."),
		ValidArgsFunction: completeFiles("aion"),
		RunE: func(cmd *cobra.Command, files []string) error {
			files, err := filesOf("plan", files)
			if err != nil {
				return err
			}
			if err := canary.check(cmd, &o); err != nil {
				return err
			}
			if err := s.read(); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			o.DryRun = true
			d, archives, err := a.release(cmd.Context(), c, files, &s, o, canary.request)
			if err != nil {
				return err
			}
			answer, err := c.Deploy(cmd.Context(), d)
			if err != nil {
				return a.explainChange(cmd.Context(), c, err, files, archives)
			}
			if answer.Plan == nil {
				return wire.New("internal", "the node answered a dry run without a plan")
			}
			planned := struct {
				*wire.Plan
				wire.Indexed
			}{answer.Plan, answer.Indexed}
			if err := a.answer(planned, func(w io.Writer) { printPlan(w, answer) }); err != nil {
				return err
			}
			if exitCode && answer.Plan.Changes {
				return &reported{exitChanges}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.NoRoute, "no-route", false, "plan to load only, and to leave the routes as they are")
	canary.begin(cmd)
	s.flag(cmd, "sign each package")
	f.BoolVar(&exitCode, "exit-code", false, "end with status 2 if something would change, 0 if nothing would")
	return cmd
}

func printPlan(w io.Writer, a *wire.DeploymentAnswer) {
	p := a.Plan
	for _, v := range p.Versions {
		state := "new"
		if v.Resident {
			state = "loaded already"
		}
		if len(v.SignedBy) > 0 {
			state += ", signed by " + oneLine(strings.Join(v.SignedBy, ", "))
		}
		fmt.Fprintf(w, "version %s of %s: %s\n", short(v.Version), oneLine(strings.Join(v.WorkflowTypes, ", ")), state)
	}
	for _, r := range p.Routes {
		fmt.Fprintf(w, "route   %s: %s -> %s\n", oneLine(r.WorkflowType), orNone(r.From), orNone(r.To))
	}
	for _, c := range p.Canaries {
		change := "begins with " + c.Share
		if c.ShareBefore != "" {
			change = c.ShareBefore + " -> " + c.Share
		}
		fmt.Fprintf(w, "canary  %s: version %s %s of new starts, the others stay on %s%s\n", oneLine(c.WorkflowType), short(c.Version), change, short(c.Routed), endsOf(c))
	}
	for _, d := range p.Dropped {
		fmt.Fprintf(w, "dropped %s: it stays on version %s, which the new package does not replace for it\n", oneLine(d.WorkflowType), short(d.Version))
	}
	for _, v := range p.Pinned {
		fmt.Fprintf(w, "stays   version %s of %s: pinned by %d open runs (%s)\n", short(v.Version), oneLine(strings.Join(v.WorkflowTypes, ", ")), v.Pins.Total(), summary(v.Pins))
	}
	for _, s := range p.Schedules {
		fmt.Fprintf(w, "warning schedule %s: %s\n", oneLine(s.ScheduleID), oneLine(s.Reason))
	}
	if p.Unchecked > 0 {
		fmt.Fprintf(w, "warning %d further schedules were not checked\n", p.Unchecked)
	}
	if len(p.Unpolled) > 0 {
		fmt.Fprintf(w, "warning no worker has polled within the last hour for %s (the leader knows of polls since %s)\n", oneLine(strings.Join(p.Unpolled, ", ")), stamp(p.PollsSince))
	}
	for i := range p.Stopped {
		fmt.Fprintf(w, "warning %s is stopped and stays so: nothing of it starts until it is let run again by aion-node unstop\n", stopName(&p.Stopped[i]))
	}
	if !p.Changes {
		fmt.Fprintf(w, "nothing would change (as of index %d, %s)\n", a.Index, stamp(time.Now()))
		return
	}
	fmt.Fprintf(w, "as of index %d\n", a.Index)
}

// endsOf is what would end a canary by itself.
func endsOf(c wire.PlannedCanary) (text string) {
	if c.AbortFailures > 0 {
		text += fmt.Sprintf("; aborted after %d failed", c.AbortFailures)
	}
	if c.PromoteAfter > 0 {
		text += fmt.Sprintf("; promoted after %d completed", c.PromoteAfter)
	}
	if c.Until != nil {
		text += "; promoted at " + moment(*c.Until)
	}
	return text
}

func orNone(version string) string {
	if version == "" {
		return "none"
	}
	return short(version)
}
