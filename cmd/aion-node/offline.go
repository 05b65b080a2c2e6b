package main

import (
	"os"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/cmd/aion-node/node"
	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
)

// offline returns the node of the settings that a command is given, as serve is, without starting
// it.
func (a *app) offline(cmd *cobra.Command, file string) (*node.Offline, config.Config, error) {
	if cmd.Flags().Changed("addr") {
		return nil, config.Config{}, usage("%s works on the data folder of a node that is down, and asks none: leave out --addr", cmd.Name())
	}
	keepPrivate()
	if file == "" {
		file = a.environ("AION_CONFIG")
	}
	cfg, _, err := config.Load(config.Sources{File: file, Environ: os.Environ(), Flags: cmd.Flags()})
	if err != nil {
		return nil, cfg, err
	}
	log := hclog.New(&hclog.LoggerOptions{Name: "aion", Level: max(cfg.Log.Hclog(), hclog.Warn), Output: a.err, JSONFormat: cfg.Log.Format == "json"})
	exit := func(err error) { os.Exit(a.reportError(cmd.Context(), cmd, err)) }
	n, err := node.OpenOffline(cfg, node.Options{Version: binaryVersion(), Logger: log, Exit: exit})
	return n, cfg, err
}

// addSettings gives a command the settings of serve.
func addSettings(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "config", "", "settings `FILE` (AION_CONFIG; default "+config.FileName+" in the current folder, if there is one)")
	config.AddFlags(cmd.Flags())
}
