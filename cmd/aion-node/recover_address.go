package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// readdressed is the answer of recover --address.
type readdressed struct {
	Node      string        `json:"node"`
	DataDir   string        `json:"data_dir"`
	ClusterID string        `json:"cluster_id"`
	Members   []movedMember `json:"members"`
	DryRun    bool          `json:"dry_run"`
}

type movedMember struct {
	ID       string `json:"id"`
	Role     string `json:"role"`
	Previous string `json:"previous"`
	Address  string `json:"raft_address"`
}

// readdress writes other addresses of members into a node's folder.
func (a *app) readdress(cmd *cobra.Command, file string, list []string, dry bool) error {
	addresses := map[string]string{}
	for _, text := range list {
		id, address, ok := strings.Cut(text, "=")
		if !ok || id == "" || address == "" {
			return usage("--address %q is not ID=HOST:PORT", text)
		}
		if _, twice := addresses[id]; twice {
			return usage("--address names %s twice", id)
		}
		addresses[id] = address
	}
	n, cfg, err := a.offline(cmd, file)
	if err != nil {
		return err
	}
	r, err := n.Readdress(cmd.Context(), addresses, dry)
	if err != nil {
		return err
	}
	one := readdressed{Node: r.Node, DataDir: cfg.Node.DataDir, ClusterID: r.Cluster, Members: []movedMember{}, DryRun: dry}
	for _, m := range r.Members {
		role := "nonvoter"
		if m.Voter {
			role = "voter"
		}
		one.Members = append(one.Members, movedMember{m.ID, role, m.From, m.To})
	}
	return a.answer(one, func(w io.Writer) {
		var rows [][]string
		for _, m := range one.Members {
			rows = append(rows, []string{m.ID, m.Role, m.Previous, m.Address})
		}
		table(w, "no members", []string{"NODE", "ROLE", "WAS AT", "IS AT"}, rows)
		if dry {
			fmt.Fprintln(w, "\nNothing was changed.")
			return
		}
		fmt.Fprintln(w, "\nDo the same on every other node before any is started.")
	})
}
