package main

import (
	"strings"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// newRoot builds the tree of commands.
func newRoot(a *app) *cobra.Command {
	root := a.group(&cobra.Command{
		Use:   "aion-node",
		Short: "A durable workflow engine: the node, and everything to ask of a cluster",
		Long: `A durable workflow engine: the node, and everything to ask of a cluster.

Exit status: 0 done; 1 refused or not done; 2 the command line or the configuration is wrong; 3 the
outcome is unknown, and the request id tells it; 4 the run that was waited for is still open; 130
interrupted. result and start --wait end with 1 if the run ended in another way than completed.`,
		SilenceErrors: true,
		SilenceUsage:  true,

		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if a.requestID != "" && !wire.ValidRequestID(a.requestID) {
				return usage("--request-id has to be 1 to %d printable ASCII characters", wire.MaxRequestID)
			}
			return emptyFlag(cmd)
		},
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage("%s%s", flagSaid(err), nearFlag(cmd, err)) })
	// The spellings of serve's keys are known everywhere; otherwise two rules would apply to global
	// flags.
	root.SetGlobalNormalizationFunc(config.Normalize)

	f := root.PersistentFlags()
	f.StringSliceVar(&a.addresses, "addr", nil, "`HOST:PORT` or URL of a node; repeat it or separate by commas (AION_ADDR; default 127.0.0.1:7600)")
	f.StringVar(&a.token, "token", "", "bearer `TOKEN` (AION_TOKEN)")
	f.StringVar(&a.namespace, "namespace", "", "`NAME` of the namespace that the command is about (AION_NAMESPACE; default default)")
	f.StringVar(&a.caFile, "ca-file", "", "PEM `FILE` with the certificates that nodes' certificates descend from (AION_CA_FILE)")
	f.StringVar(&a.certFile, "client-cert", "", "PEM `FILE` with the certificate that says who calls, in place of a token (AION_CLIENT_CERT)")
	f.StringVar(&a.keyFile, "client-key", "", "PEM `FILE` with its key (AION_CLIENT_KEY)")
	f.BoolVar(&a.json, "json", false, "print exactly one JSON document on stdout")
	f.StringVar(&a.requestID, "request-id", "", "request `ID`: a change with the same id happens at most once and answers the same")
	f.BoolVar(&a.wide, "wide", false, "do not cut tables to the width of the terminal")
	f.BoolVar(&a.noHeaders, "no-headers", false, "print tables without their headings")
	f.BoolVar(&a.stale, "stale", false, "let the node addressed answer reads from its own state, without the leader")

	add := func(id, title string, commands ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: id, Title: title})
		for _, c := range commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	add("code", "Code:", newCmd(a), devCmd(a), testCmd(a), checkCmd(a), lspCmd(a), stubsCmd(a), packageCmd(a), keyCmd(a), deployCmd(a), planCmd(a), versionsCmd(a), routeCmd(a), unrouteCmd(a), rollbackCmd(a), canaryCmd(a), unloadCmd(a), backtestCmd(a), debugCmd(a), moveCmd(a), pinsCmd(a), deploysCmd(a))
	add("runs", "Runs:", startCmd(a), runCmd(a), resultCmd(a), describeCmd(a), historyCmd(a), exportCmd(a), logsCmd(a), listCmd(a), countCmd(a), signalCmd(a), updateCmd(a), queryCmd(a), cancelCmd(a), terminateCmd(a), pauseCmd(a), resumeCmd(a), reopenCmd(a), resetCmd(a), forkCmd(a), batchCmd(a), stopCmd(a), unstopCmd(a), stopsCmd(a))
	add("plans", "Schedules, queues, retention:", scheduleCmd(a), queueCmd(a), activityCmd(a), retentionCmd(a), namespaceCmd(a), quotaCmd(a), jobsCmd(a))
	add("node", "Nodes:", serveCmd(a), clusterCmd(a), backupCmd(a), restoreCmd(a), recoverCmd(a), tlsCmd(a), eventsCmd(a), authCmd(a), tokenCmd(a), policyCmd(a), benchCmd(a), versionCmd(a))
	root.AddCommand(checkArchiveCmd(a), manCmd(a))
	root.SetHelpCommand(helpCmd())
	fitHelp(a, root)
	completeAll(a, root)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			a.group(c)
		}
	}
	return root
}

// splitList splits AION_ADDR like --addr.
func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
