package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func deploysCmd(a *app) *cobra.Command {
	var typ string
	var verify bool
	var page wire.Page
	cmd := &cobra.Command{
		Use:   "deploys",
		Short: "Show the deploy history, newest first, including refusals",
		Long: `Show the deploy history, newest first, including refusals. With --verify, read all of it and compute its chain anew: whether any act was
changed, dropped or put between others. The exit status is 1 if the history does not fit.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if verify {
				if typ != "" || page != (wire.Page{}) {
					return usage("--verify reads the whole history: it goes without --type, --limit and --cursor")
				}
				return a.verifyDeploys(cmd)
			}
			if err := checkPage(page); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			d, err := c.Deploys(cmd.Context(), typ, page, a.readOptions()...)
			if err != nil {
				return err
			}
			return a.answer(d, func(w io.Writer) {
				header := []string{"INDEX", "WHEN", "OPERATION", "TYPE", "VERSION", "PREVIOUS", "OUTCOME", "ACTOR", "MESSAGE"}
				signed := slices.ContainsFunc(d.Deploys, func(r wire.Deploy) bool { return len(r.SignedBy) > 0 })
				if signed {
					header = append(header, "SIGNED BY")
				}
				var rows [][]string
				for _, r := range d.Deploys {
					rows = append(rows, []string{
						strconv.FormatUint(r.Index, 10), past(w, r.At, time.Now()), r.Operation, r.WorkflowType, short(r.Version), short(r.Previous),
						r.Outcome, r.Actor, r.Message, signersOf(r.SignedBy),
					}[:len(header)])
				}
				table(w, "nothing has been deployed yet", header, rows)
				more(w, d.NextCursor)
			})
		},
	}
	cmd.Flags().StringVar(&typ, "type", "", "only those of workflow type `TYPE`")
	cmd.Flags().BoolVar(&verify, "verify", false, "compute the chain of the whole history anew")
	addPageFlags(cmd, &page)
	return cmd
}

// signersOf names the keys that had signed; a record has the keys themselves besides.
func signersOf(signed []string) string {
	names := make([]string, len(signed))
	for i, s := range signed {
		names[i], _, _ = strings.Cut(s, " ")
	}
	return strings.Join(names, ", ")
}

// verifyDeploys tells whether the deploy history is linked as it should be.
func (a *app) verifyDeploys(cmd *cobra.Command) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	check, err := c.VerifyDeploys(cmd.Context(), a.readOptions()...)
	if err != nil {
		return err
	}
	if err := a.answer(check, func(w io.Writer) { printDeployCheck(w, check) }); err != nil {
		return err
	}
	if !check.OK {
		return &reported{1}
	}
	return nil
}

func printDeployCheck(w io.Writer, c *wire.DeployCheck) {
	switch {
	case c.Wrong != nil:
		fmt.Fprintf(w, "the deploy history does not fit from index %d (record %d of it) on: %s\n", c.Wrong.Index, c.Wrong.N, oneLine(c.Why))
	case !c.OK:
		fmt.Fprintf(w, "the deploy history does not fit: %s\n", oneLine(c.Why))
	case c.From == nil:
		fmt.Fprintf(w, "no act has a chain yet\n")
	case c.First:
		fmt.Fprintf(w, "%s fit, from the first one that was linked, at index %d\n", count(c.Verified, "act"), c.From.Index)
	default:
		fmt.Fprintf(w, "%s fit, after the one at index %d; older ones are no longer kept\n", count(c.Verified, "act"), c.From.Index)
	}
	if c.Unlinked > 0 {
		fmt.Fprintf(w, "%s from before there were chains\n", count(c.Unlinked, "act"))
	}
	if c.Head != "" {
		fmt.Fprintf(w, "chain %s\n", c.Head)
	}
}
