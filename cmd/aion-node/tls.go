package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"aion.dev/aion/cmd/aion-node/authority"
	"github.com/spf13/cobra"
)

func tlsCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{
		Use:   "tls",
		Short: "Make the certificates and settings that nodes beyond loopback start with",
	})
	cmd.AddCommand(tlsCreateCmd(a))
	return cmd
}

func tlsCreateCmd(a *app) *cobra.Command {
	var nodes []string
	set := authority.Set{}
	cmd := &cobra.Command{
		Use:   "create CLUSTER",
		Short: "Make an authority, and a folder for each node: certificate, key and aion.toml",
		Long: `Make what the nodes of a cluster need to start beyond loopback, in the folder CLUSTER:

  ca.pem, ca.key   the authority that signs certificates of nodes; keep ca.key off the nodes
  gossip.key       what all nodes encrypt gossip with
  token            a token that may do everything
  ID/              for each node what goes to its machine: ca.pem, node.pem, node.key, aion.toml

A certificate proves its holder to be one node of this cluster (the URI aion://CLUSTER/node/ID), at
its HOST and on loopback. Run again, the command adds the nodes named, which join the cluster, and
with --renew gives those that are there a new certificate; other files stay as they are.`,
		Example: `  aion-node tls create prod --node a=a.example --node b=b.example --node c=c.example
  aion-node tls create prod --renew`,
		Args: arguments("CLUSTER"),
		RunE: func(_ *cobra.Command, args []string) error {
			set.Cluster, set.Now = args[0], time.Now()
			if set.Dir == "" {
				set.Dir = args[0]
			}
			if set.Life < time.Hour {
				return usage("--expires %s is less than an hour", set.Life)
			}
			if set.Install != "" && !filepath.IsAbs(set.Install) {
				return usage("--install %s is not an absolute path", set.Install)
			}
			var list []authority.Node
			for _, text := range nodes {
				n, err := authority.ParseNode(text)
				if err != nil {
					return usage("--node %s", err)
				}
				list = append(list, n)
			}
			if len(list) == 0 && !set.Renew {
				return usage("create: name the nodes, --node ID=HOST for each")
			}
			made, err := set.Create(list)
			if err != nil {
				return err
			}
			return a.answer(made, func(w io.Writer) { printMade(w, made, set.Install) })
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&nodes, "node", nil, "`ID=HOST[:PORT]` of a node, once for each: the host as others know it, and its port for callers (7600); the two ports above it are for the other nodes")
	f.StringVar(&set.Dir, "dir", "", "write into `FOLDER` instead of CLUSTER")
	f.StringVar(&set.Install, "install", "", "where a node's folder will be on its machine, such as `/etc/aion`; its data is in /var/lib/aion then (default: where it is written, with data inside)")
	f.DurationVar(&set.Life, "expires", 365*24*time.Hour, "how long certificates of nodes are good for; the authority is for ten years")
	f.BoolVar(&set.Renew, "renew", false, "give the nodes that are there a new certificate and key")
	return cmd
}

func printMade(w io.Writer, made *authority.Made, install string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var addresses []string
	added := false
	for _, n := range made.Nodes {
		what := "wrote"
		if n.Renewed {
			what = "renewed"
		} else {
			added = true
		}
		addresses = append(addresses, n.Address)
		fmt.Fprintf(t, "%s\t%s\t%s\tuntil %s\n", what, filepath.Dir(n.Config), n.Address, n.NotAfter.UTC().Format(time.DateOnly))
	}
	t.Flush()
	if !added {
		fmt.Fprintf(w, "\nCopy node.pem and node.key to each machine; nodes read them within 10 s, without a restart.\n")
		return
	}
	config := "FOLDER/aion.toml"
	if install != "" {
		config = filepath.Join(install, "aion.toml")
	}
	fmt.Fprintf(w, "\nOn each machine, with its folder there:\n\n  aion-node serve --config %s\n\nand from anywhere:\n\n", config)
	fmt.Fprintf(w, "  export AION_ADDR=%s AION_CA_FILE=%s AION_TOKEN=$(cat %s)\n  aion-node cluster members\n", strings.Join(addresses, ","), made.CAFile, made.Token)
}
