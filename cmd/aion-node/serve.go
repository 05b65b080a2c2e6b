package main

import (
	"fmt"
	"os"
	"strings"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/cmd/aion-node/node"
	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
)

func serveCmd(a *app) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a node",
		Long: `Run a node until SIGTERM or SIGINT: it then refuses new deploys, hands leadership on, lets calls under way finish and ends. A second signal ends it at once.

Without flags it is a durable cluster of one in ./aion-data, on loopback. Every setting is a key of aion.toml, a variable and a flag: http.address in the file
is AION_HTTP_ADDRESS in the environment and --http-address here. A flag wins over a variable, a variable over the file.

Three nodes: the same command on each, with --bootstrap-expect 3 --join a:7602,b:7602,c:7602.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				file = a.environ("AION_CONFIG")
			}
			cfg, from, err := config.Load(config.Sources{File: file, Environ: os.Environ(), Flags: cmd.Flags()})
			if err != nil {
				return err
			}
			log := hclog.New(&hclog.LoggerOptions{Name: "aion", Level: cfg.Log.Hclog(), Output: a.err, JSONFormat: cfg.Log.Format == "json"})
			exe, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this binary, for the process that compiles packages: %w", err)
			}
			n, err := node.Open(cfg, node.Options{Version: binaryVersion(), Executable: exe, Logger: log})
			if err != nil {
				return err
			}
			fmt.Fprintln(a.out, greeting(n, cfg, from))
			return n.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "settings `FILE` (AION_CONFIG; default "+config.FileName+" in the current folder, if there is one)")
	config.AddFlags(cmd.Flags())
	return cmd
}

// greeting is the one line for people: who this is, and where it listens.
func greeting(n *node.Node, cfg config.Config, file string) string {
	parts := []string{
		fmt.Sprintf("aion-node %s: node %s serves %s", binaryVersion(), n.ID(), n.URL()),
		"nodes " + cfg.Raft.Address, "gossip " + cfg.Gossip.Address, "data " + cfg.Node.DataDir,
	}
	if file != "" {
		parts = append(parts, "settings "+file)
	}
	return strings.Join(parts, ", ")
}
