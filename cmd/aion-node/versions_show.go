package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func versionsShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show TYPE VERSION",
		Short: "Show a loaded version: description, labels, manifest, modules",
		Args:  arguments("TYPE", "VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.VersionShown, error) {
				return c.ShowVersion(ctx, args[0], args[1], a.readOptions()...)
			}, printVersion)
		},
	}
}

func printVersion(w io.Writer, v *wire.VersionShown) {
	route := "not routed"
	if v.RouteActive {
		route = "new runs start on it"
	}
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(v.Labels)) {
		labels = append(labels, name+"="+v.Labels[name])
	}
	card(w,
		[2]string{"type", v.WorkflowType}, [2]string{"version", v.Version.Version}, [2]string{"route", route}, [2]string{"state", stateOf(&v.Version)},
		[2]string{"pins of package", summary(*v.Pins)}, [2]string{"oldest pin", oldestPin(&v.Version)},
		[2]string{"ready on", strings.Join(v.ReadyNodes, " ")}, [2]string{"loaded", moment(v.LoadedAt) + fmt.Sprintf(", index %d", v.LoadedIndex)},
		[2]string{"description", v.Description}, [2]string{"labels", strings.Join(labels, " ")},
	)
	for _, s := range v.Signatures {
		by := s.Key
		if by == "" {
			by = s.PublicKey
		}
		fmt.Fprintf(w, "signed by %s, %s (brought %s)\n", oneLine(by), keyStates[s.State], moment(s.At))
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, m := range v.Modules {
		rows = append(rows, []string{m.Name, bytesOf(int64(m.Bytes))})
	}
	table(w, "", []string{"MODULE", "SIZE"}, rows)
	var manifest bytes.Buffer
	if json.Indent(&manifest, v.Manifest, "", "  ") != nil {
		manifest.Write(v.Manifest)
	}
	fmt.Fprintf(w, "\n%s\n", printable(manifest.String()))
}

// keyStates says what a signature counts.
var keyStates = map[string]string{"trusted": "a trusted key", "revoked": "a key that is revoked", "unknown": "a key that the policy does not know"}

// explainMismatch adds to a refused load how the manifests of the loaded and the sent version
// differ. It omits what it cannot learn.
func explainMismatch(ctx context.Context, c *client.Client, archive []byte, err error) error {
	var p *wire.Problem
	if !errors.As(err, &p) || p.Code != "manifest_mismatch" {
		return err
	}
	sent, failed := catalog.Open(archive, catalog.DefaultLimits())
	if failed != nil {
		return err
	}
	typ := sent.Manifest.Workflows[0].Type
	loaded, failed := c.ShowVersion(ctx, typ, sent.Version.String())
	if failed != nil {
		return err
	}
	q := *p
	if diff := manifestDiff(loaded, &sent.Manifest); len(diff) > 0 {
		q.Detail += ": " + strings.Join(diff, "; ")
	}
	q.Hint = fmt.Sprintf("Ship them as they are there, or change the code too. To see them: aion-node versions show %s %s", quoted(typ), sent.Version.Short())
	return &q
}

// manifestDiff describes how two manifests differ.
func manifestDiff(loaded *wire.VersionShown, sent *catalog.Manifest) (diff []string) {
	if loaded.Description != sent.Description {
		diff = append(diff, fmt.Sprintf("description is %q there and %q here", loaded.Description, sent.Description))
	}
	names := maps.Clone(loaded.Labels)
	if names == nil {
		names = map[string]string{}
	}
	maps.Copy(names, sent.Labels)
	text := func(labels map[string]string, name string) string {
		if value, ok := labels[name]; ok {
			return fmt.Sprintf("%q", value)
		}
		return "absent"
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if there, here := text(loaded.Labels, name), text(sent.Labels, name); there != here {
			diff = append(diff, fmt.Sprintf("label %s is %s there and %s here", name, there, here))
		}
	}
	if len(diff) == 0 {
		diff = []string{"manifest.json is written in another way"}
	}
	return diff
}
