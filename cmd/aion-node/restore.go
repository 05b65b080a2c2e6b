package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"
)

// restored is the answer of restore.
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
		Short: "Make a new cluster of a backup, in the empty data folder of its first node",
		Long: `Make a new cluster of a backup. It takes the settings of serve, for the node that will be the first of the cluster, and fills that node's data folder, which must be
empty. The file is checked before anything is written; what is refused leaves nothing behind. Of a folder or bucket of increments it takes the newest backup, or the one that --at chooses.

The cluster has a new id and this node as its only voter; its catalog, runs, histories, timers, tasks, schedules, request ids and deploy history are those of the
backup, and nodes of the old cluster are forgotten. Start the node with serve and the same settings. Others join it with empty folders, and may have their old
ids. Never run nodes of the old cluster beside it: runs would go on in both.`,
		Example: `  aion-node restore /backups/aion.backup --config /etc/aion/aion.toml
  aion-node serve --config /etc/aion/aion.toml`,
		Args: arguments("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
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
