package cluster

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/cluster/folder"
	"github.com/hashicorp/raft"
)

// TestReaddressMovesEveryMember in the log, and keeps every entry.
func TestReaddressMovesEveryMember(t *testing.T) {
	cfg := offlineConfig(t)
	survivor(t, cfg, 30, freeAddress(t), freeAddress(t))
	was := cfg.RaftListen
	cfg.RaftListen = freeAddress(t)
	to := map[string]string{"n1": cfg.RaftListen, "n2": "b.example:7601", "n3": "c.example:7601"}
	for name, c := range map[string]struct {
		addresses map[string]string
		says      string
	}{
		"not itself":    {map[string]string{"n2": "b.example:7601"}, "this node, n1, would be at " + was},
		"a stranger":    {map[string]string{"n1": cfg.RaftListen, "n9": "z:1"}, "no member of the cluster is called n9; there are n1 at " + was},
		"two at one":    {map[string]string{"n1": cfg.RaftListen, "n2": cfg.RaftListen}, "nodes n1 and n2 would both be at"},
		"not reachable": {map[string]string{"n1": cfg.RaftListen, "n2": ":7601"}, "is not one that others can reach"},
	} {
		if _, err := Readdress(t.Context(), cfg, c.addresses, false); !refusedFor(err, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dry, err := Readdress(t.Context(), cfg, to, true)
	if err != nil || dry.Cluster != "old" || len(dry.Members) != 3 || dry.Members[0] != (Moved{"n1", was, cfg.RaftListen, true}) {
		t.Fatalf("%+v, %v", dry, err)
	}
	raftDir := filepath.Join(cfg.DataDir, "raft")
	for name, before := range map[string]func() error{
		"at once":                        func() error { return nil },
		"killed between the two renames": func() error { return os.Rename(raftDir, raftDir+".next") },
		"killed before the first":        func() error { return os.CopyFS(raftDir+".next", os.DirFS(raftDir)) },
		"killed after the second":        func() error { return os.CopyFS(raftDir+".old", os.DirFS(raftDir)) },
	} {
		if err := before(); err != nil {
			t.Fatal(err)
		}
		if name != "at once" {
			if err := (&folder.Unfinished{Command: "recover --address", ClusterID: "old"}).Begin(cfg.DataDir); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), "aion-node recover --address has not finished") {
				t.Errorf("%s: the node starts: %v", name, err)
			}
		}
		if _, err := Readdress(t.Context(), cfg, to, false); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		full, _ := cfg.withDefaults()
		o, err := openOffline(full)
		if err != nil {
			t.Fatal(err)
		}
		conf, err := o.configuration()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range conf.Servers {
			if string(s.Address) != to[string(s.ID)] {
				t.Errorf("%s: %s is at %s", name, s.ID, s.Address)
			}
		}
		term, err := o.stores.Term()
		if last, committed, err2 := o.ends(); term != 2 || last != 30 || committed != 15 || err != nil || err2 != nil {
			t.Errorf("%s: term %d, last %d, committed %d, %v, %v", name, term, last, committed, err, err2)
		}
		for i := uint64(2); i <= 30; i++ {
			var l raft.Log
			if err := o.stores.Log.GetLog(i, &l); err != nil || l.Term != 2 || !bytes.Equal(l.Data, announcement(t, i)) {
				t.Fatalf("%s: entry %d: %+v, %v", name, i, l, err)
			}
		}
		if err := o.close(); err != nil {
			t.Fatal(err)
		}
	}
}
