package main

import (
	"fmt"
	"io"
	"strconv"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// deployedCanary is the answer of a deploy with --canary.
type deployedCanary struct {
	*wire.LoadAnswer
	Canaries []*wire.CanaryAnswer `json:"canaries"`
}

// check reads the flags of a deploy that are about canaries.
func (f *canaryFlags) check(cmd *cobra.Command, o *wire.LoadOptions, files int) error {
	if f.request.Share == "" {
		for _, name := range []string{"abort-failures", "promote-after", "for", "key"} {
			if cmd.Flags().Changed(name) {
				return usage("--%s makes sense only with --canary", name)
			}
		}
		return nil
	}
	switch {
	case files > 1:
		return usage("--canary takes one package")
	case o.Gate != "":
		return usage("--gate guards routes, and --canary leaves them as they are")
	case o.NoRoute || len(o.Expect) > 0:
		return usage("--canary leaves the routes as they are; --no-route and --expect-route are about them")
	case o.DryRun:
		return usage("--dry-run does not know --canary")
	}
	o.NoRoute, f.request.Message = true, o.Message
	return f.read()
}

// beginCanaries begins a canary of each type of a package that was just loaded. With --request-id
// ID they use ID/TYPE.
func (a *app) beginCanaries(cmd *cobra.Command, c *client.Client, loaded *wire.LoadAnswer, r wire.CanaryRequest) error {
	done := deployedCanary{LoadAnswer: loaded, Canaries: []*wire.CanaryAnswer{}}
	r.Version = loaded.Version
	for _, typ := range loaded.WorkflowTypes {
		var opts []client.Option
		if a.requestID != "" {
			opts = []client.Option{client.RequestID(a.requestID + "/" + typ)}
		}
		answer, err := c.SetCanary(cmd.Context(), typ, r, opts...)
		if err != nil {
			if !a.json {
				fmt.Fprintf(a.err, "version %s is loaded; %s of %s have a canary of it\n", short(loaded.Version), strconv.Itoa(len(done.Canaries)), count(len(loaded.WorkflowTypes), "type"))
			}
			return err
		}
		done.Canaries = append(done.Canaries, answer)
	}
	return a.answer(done, func(w io.Writer) {
		for _, answer := range done.Canaries {
			fmt.Fprintf(w, "%s of new starts of %s go to version %s, the others to %s (index %d)\n", answer.Share, answer.WorkflowType, short(answer.Version), short(answer.Routed), answer.Index)
		}
	})
}
