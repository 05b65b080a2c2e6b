package fsm

import (
	"bytes"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// TestRefoundForgetsNodes: the state of another cluster is the old one without its nodes, and ids
// that were used up are free.
func TestRefoundForgetsNodes(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("order-1", "order")
	for _, id := range []string{"n1", "n2", "n3"} {
		w.do(&AnnounceNode{Node: rows.Node{ID: id, RaftAddress: id + ":1"}, ClusterID: "c1"})
		w.do(&SetLimits{Node: id, Limits: rows.Limits{RequestBytes: 1 << 30}})
		w.do(&ReportReady{Node: id, Version: versionOf("v1"), Ready: true})
	}
	w.do(&Check{Leader: "n1"})
	var checked uint64
	w.view(func(v View) { checked = v.Checks()[0].Index })
	w.do(&ReportDigest{Node: "n1", Index: checked, Digest: catalog.Digest{1}})
	w.do(&RemoveNode{ID: "n3", Forever: true})
	w.do(&SetVote{Node: "n2", Demoted: true})
	w.do(&IssueJoinToken{ID: "t"})

	w.refused(&Refound{ClusterID: "c1"}, "invalid_input")
	w.do(&Refound{ClusterID: "c2"})
	w.view(func(v View) {
		if id, nodes, ready, checks, reports := v.ClusterID(), v.Nodes(), v.Readiness(), v.Checks(), v.DigestReports(checked); id != "c2" || len(nodes)+len(ready)+len(checks)+len(reports) > 0 {
			t.Errorf("cluster %s has nodes %v, readiness %v, checks %v, reports %v", id, nodes, ready, checks, reports)
		}
		if v.Demoted("n2") || len(v.JoinTokens()) != 1 {
			t.Errorf("n2 is demoted: %v; join tokens %v", v.Demoted("n2"), v.JoinTokens())
		}
		if _, gone := v.RemovedNode("n3"); gone {
			t.Error("n3 is still removed")
		}
		if _, known := v.FileLimits("n1"); known {
			t.Error("the file of n1 is still known")
		}
		if l, set := v.Limits(); !set || l.RequestBytes != 1<<30 {
			t.Errorf("the cluster's limits are %v", l)
		}
		if n := len(v.Catalog().Packages()); n != 1 {
			t.Errorf("%d packages are loaded", n)
		}
	})
	if r := w.latest("order-1"); !r.Status.Open() {
		t.Errorf("the run is %s", r.Status)
	}
	w.do(&AnnounceNode{Node: rows.Node{ID: "n3", RaftAddress: "n3:1"}, ClusterID: "c9"})
	w.view(func(v View) {
		if id := v.ClusterID(); id != "c2" || len(v.Nodes()) != 1 {
			t.Errorf("cluster %s has nodes %v", id, v.Nodes())
		}
	})
}

// TestFactsOfASnapshot are those of its own rows, and its size is that of its stream.
func TestFactsOfASnapshot(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&LoadPackage{Package: pack("v2", "ship")})
	w.start("a", "order")
	w.start("b", "order")
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "b"}})
	w.finish()
	w.do(&AnnounceNode{Node: rows.Node{ID: "n1"}, ClusterID: "c1"})
	s, err := w.s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Release()
	now, err := w.s.Facts()
	if err != nil {
		t.Fatal(err)
	}
	f, err := FactsOf(s)
	if err != nil || f.Index != now.Index || f.Digest != now.Digest || f.Index != w.s.Applied() {
		t.Fatalf("facts %+v, of the state %+v, %v", f, now, err)
	}
	if f.ClusterID != "c1" || f.Versions != 2 || f.Open != 1 || f.Closed != 1 || len(f.Archives) != 2 || f.At != w.now {
		t.Errorf("facts %+v", f)
	}
	var stream bytes.Buffer
	if _, err := s.WriteTo(&stream); err != nil {
		t.Fatal(err)
	}
	if size, err := s.Size(); err != nil || size != int64(stream.Len()) {
		t.Errorf("size %d, %v; the stream has %d bytes", size, err, stream.Len())
	}
}
