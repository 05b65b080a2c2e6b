package main

import (
	"fmt"
	"io"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// deployedCanary is the answer of a deploy of one file with --canary.
type deployedCanary struct {
	*wire.LoadAnswer
	Canaries []*wire.CanaryAnswer `json:"canaries"`
}

// begin adds the flags by which a deploy begins canaries.
func (f *canaryFlags) begin(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.request.Share, "canary", "", "leave the routes as they are and send `SHARE` of new starts to it, such as 10%")
	f.add(cmd)
}

// check reads the flags of a deploy that are about canaries.
func (f *canaryFlags) check(cmd *cobra.Command, o *wire.LoadOptions) error {
	if f.request.Share == "" {
		for _, name := range []string{"abort-failures", "promote-after", "for", "key"} {
			if cmd.Flags().Changed(name) {
				return usage("--%s makes sense only with --canary", name)
			}
		}
		return nil
	}
	switch {
	case o.Gate != "":
		return usage("--gate guards routes, and --canary leaves them as they are")
	case o.NoRoute || len(o.Expect) > 0:
		return usage("--canary leaves the routes as they are; --no-route and --expect-route are about them")
	}
	o.NoRoute = true
	return f.read()
}

// answerCanaries answers a deploy that began canaries.
func (a *app) answerCanaries(done deployed) error {
	var answer any = done
	if len(done.Packages) == 1 {
		answer = deployedCanary{done.Packages[0], done.Canaries}
	}
	goes := "go"
	if done.Packages[0].DryRun {
		goes = "would go"
	}
	return a.answer(answer, func(w io.Writer) {
		for _, c := range done.Canaries {
			fmt.Fprintf(w, "%s of new starts of %s %s to version %s, the others to %s (index %d)%s\n", c.Share, c.WorkflowType, goes, short(c.Version), short(c.Routed), c.Index, repeatNote(c.Deduplicated))
		}
	})
}
