package main

import (
	"fmt"
	"io"
	"strconv"

	"aion.dev/aion/cmd/aion-node/config"
	"github.com/spf13/cobra"
)

// restored is the answer of restore into a folder.
type restored struct {
	Path      string   `json:"path"`
	DataDir   string   `json:"data_dir"`
	Node      string   `json:"node"`
	Address   string   `json:"raft_address"`
	ClusterID string   `json:"cluster_id"`
	Index     uint64   `json:"index"`
	Digest    string   `json:"digest"`
	Backup    backedUp `json:"backup"`
}

func restoreCmd(a *app) *cobra.Command {
	var file, at string
	cmd := &cobra.Command{
		Use:   "restore FILE|FOLDER|s3://BUCKET/PREFIX",
		Short: "Restore a backup into a running, empty cluster, or into the empty data folder of a first node",
		Long: `Restore a backup. Of a folder or bucket of increments it takes the newest, or the one that --at chooses.

Without settings of serve, into the running cluster that --addr names. It must have no packages, routes, runs, schedules and namespaces of its own, and all its voters
must answer. It keeps its id and its nodes; catalog, runs, histories, timers, tasks, schedules, request ids, deploy history and tokens are those of the backup from then
on, also for who called. Every byte is checked before anything changes. Callers wait while the state is replaced. If the answer is lost, repeat the command: it is refused
if the cluster has the backup.

With settings of serve (--config, --data-dir and so on), for a node that is down and will be the first of a new cluster, into that node's data folder, which must be
empty. What is refused leaves nothing behind. The cluster has a new id and this node as its only voter, and nodes of the old cluster are forgotten. Start the node with
serve and the same settings. Others join it with empty folders, and may have their old ids.

Never run nodes of the old cluster beside the restored one: runs would go on in both.`,
		Example: `  aion-node restore /backups/aion.backup --addr n1.example:7600
  aion-node restore s3://backups/aion --at 2h --addr n1.example:7600
  aion-node restore /backups/aion.backup --config /etc/aion/aion.toml`,
		Args: arguments("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !a.forNodeDown(cmd, file) {
				return a.restoreOnline(cmd.Context(), args[0], at)
			}
			n, cfg, err := a.offline(cmd, file)
			if err != nil {
				return err
			}
			f, path, err := a.openBackup(cmd.Context(), args[0], at)
			if err != nil {
				return err
			}
			defer f.Close()
			size, err := f.Size()
			if err != nil {
				return err
			}
			show := newByteProgress(a.err, "restore")
			show.begin(0, 2*size) // it is read twice
			r, err := n.Restore(cmd.Context(), f, show)
			show.end()
			if err != nil {
				return damagedFile(path, err)
			}
			one := restored{Path: path, DataDir: cfg.Node.DataDir, Node: r.Node, Address: r.Address, ClusterID: r.Cluster, Index: r.Index, Digest: r.Digest}
			if one.Backup, err = answerOf(path, r.Header); err != nil {
				return err
			}
			return a.answer(one, func(w io.Writer) {
				printBackup(w, "restored", one.Backup)
				fmt.Fprintln(w)
				card(w, [2]string{"new cluster", one.ClusterID}, [2]string{"first node", one.Node + " at " + one.Address}, [2]string{"data", one.DataDir},
					[2]string{"index", strconv.FormatUint(one.Index, 10)}, [2]string{"digest", one.Digest})
				fmt.Fprintln(w, "\nStart it with aion-node serve and the same settings. Other nodes join it with empty data folders.")
			})
		},
	}
	addSettings(cmd, &file)
	addAt(cmd, &at)
	return cmd
}

// forNodeDown reports whether a restore is into the data folder of a node that is down: a setting
// of serve is given, or the environment says whose folder it is and no running node is named.
func (a *app) forNodeDown(cmd *cobra.Command, file string) bool {
	given := file != ""
	for _, k := range config.Keys() {
		given = given || cmd.Flags().Changed(k.Flag())
	}
	if given || cmd.Flags().Changed("addr") {
		return given
	}
	return a.environ("AION_CONFIG") != "" || a.environ("AION_NODE_DATA_DIR") != ""
}
