package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"aion.dev/aion/cluster"
	"github.com/spf13/cobra"
)

// recovery is the answer of recover.
type recovery struct {
	Node      string       `json:"node"`
	DataDir   string       `json:"data_dir"`
	Address   string       `json:"raft_address"`
	ClusterID string       `json:"cluster_id"`               // whose quorum is lost
	New       string       `json:"new_cluster_id,omitempty"` // absent in a dry run
	Applied   uint64       `json:"applied_index"`
	Committed uint64       `json:"commit_index"` // as far as this node knew
	Last      uint64       `json:"last_index"`   // of its log: all of it is kept
	LogTime   time.Time    `json:"log_time"`
	Index     uint64       `json:"index,omitempty"`
	Digest    string       `json:"digest,omitempty"`
	Lost      []lostMember `json:"lost"` // the other voters
	DryRun    bool         `json:"dry_run"`
}

type lostMember struct {
	ID      string `json:"id"`
	Address string `json:"raft_address"`
}

func recoverCmd(a *app) *cobra.Command {
	var file, confirm string
	var dry bool
	var addresses []string
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Make a new cluster of one voter, when most of the others are lost for good",
		Long: `Make a new cluster of the data folder of one voter of a cluster that has lost its quorum for good. It takes the settings of serve, for that node, which must be
down. Everything in that node's log is kept; what was acknowledged and is not in it is lost. Choose the voter with the highest last_index: --dry-run shows it and
changes nothing.

The cluster gets a new id, so nodes of the old one can never take part with what they have: they join with empty folders, and may have their old ids. It is refused
while anything answers at the address of another voter. No answer is no proof that a node is down: make sure that the others are, and stay so, and then confirm by
naming the id of the cluster that ends. There is no way back.

With --address it does something else: it writes other addresses of members into this node's folder, for a cluster whose members have all moved, so that none is
found where it was. Cluster, members and log stay what they are. Run it on every node, with the same addresses, before any is started.`,
		Example: `  aion-node recover --config /etc/aion/aion.toml --dry-run
  aion-node recover --config /etc/aion/aion.toml --confirm 6a3c2b1e-...
  aion-node serve --config /etc/aion/aion.toml`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(addresses) > 0 {
				if confirm != "" {
					return usage("--address and --confirm are both given: --address changes where members are, and ends no cluster")
				}
				return a.readdress(cmd, file, addresses, dry)
			}
			if dry == (confirm != "") {
				return usage("recover wants either --dry-run, which shows what it would do, or --confirm CLUSTER_ID")
			}
			n, cfg, err := a.offline(cmd, file)
			if err != nil {
				return err
			}
			r, err := n.Recover(cmd.Context(), confirm, dry)
			if err != nil {
				return err
			}
			one := recoveryOf(r, dry)
			one.DataDir = cfg.Node.DataDir
			return a.answer(one, func(w io.Writer) { printRecovery(w, one) })
		},
	}
	cmd.Flags().StringVar(&confirm, "confirm", "", "do it: `CLUSTER_ID` is the cluster that ends")
	cmd.Flags().StringArrayVar(&addresses, "address", nil, "member ID is at raft address `ID=HOST:PORT` from now on; repeat it for each that has moved")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show what would be done, and change nothing")
	addSettings(cmd, &file)
	return cmd
}

func recoveryOf(r cluster.Recovery, dry bool) recovery {
	one := recovery{
		Node: r.Node, Address: r.Address, ClusterID: r.Cluster, New: r.New, Applied: r.Applied, Committed: r.Committed, Last: r.Last, LogTime: r.At.Std(),
		Index: r.Index, Digest: r.Digest, Lost: []lostMember{}, DryRun: dry,
	}
	for _, m := range r.Voters {
		if m.ID != r.Node {
			one.Lost = append(one.Lost, lostMember{m.ID, m.Address})
		}
	}
	return one
}

func printRecovery(w io.Writer, r recovery) {
	did := "recovered"
	if r.DryRun {
		did = "would recover"
	}
	fmt.Fprintf(w, "%s cluster %s from node %s\n", did, r.ClusterID, r.Node)
	lines := [][2]string{
		{"data", r.DataDir}, {"applied", strconv.FormatUint(r.Applied, 10)}, {"committed", fmt.Sprintf("%d, as far as this node knew", r.Committed)},
		{"last entry", strconv.FormatUint(r.Last, 10)}, {"log time", exact(r.LogTime)},
	}
	for _, m := range r.Lost {
		lines = append(lines, [2]string{"lost", m.ID + " at " + m.Address})
	}
	if !r.DryRun {
		lines = append(lines, [2]string{"new cluster", r.New}, [2]string{"first node", r.Node + " at " + r.Address}, [2]string{"index", strconv.FormatUint(r.Index, 10)}, [2]string{"digest", r.Digest})
	}
	card(w, lines...)
	if r.DryRun {
		fmt.Fprintf(w, "\nNothing was changed. If the others are down for good, and no other survivor has a later last entry:\n  aion-node recover --confirm %s\n", r.ClusterID)
		return
	}
	fmt.Fprintln(w, "\nStart it with aion-node serve and the same settings. Other nodes join it with empty data folders.")
}
