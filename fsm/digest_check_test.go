package fsm

import (
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// TestFirstReportAboutACheckStays: a later one in the same node's name is not that node's, and
// neither counts nor changes the state.
func TestFirstReportAboutACheckStays(t *testing.T) {
	w := newWorld(t)
	defer w.s.Close()
	w.propose(Envelope{Command: &AnnounceNode{Node: rows.Node{ID: "n1"}, ClusterID: "c"}})
	at := w.propose(Envelope{Command: &Check{Leader: "n1"}})[0].Index
	for _, d := range []catalog.Digest{{1}, {2}, {1}} {
		w.propose(Envelope{Command: &ReportDigest{Node: "n1", Index: at, Digest: d}})
		w.s.View(func(v View) {
			reports := v.DigestReports(at)
			if len(reports) != 1 || reports[0].Digest != (catalog.Digest{1}) {
				t.Errorf("after a report of %v the check has %v", d, reports)
			}
			if n := v.Nodes()[0]; n.Digest != (catalog.Digest{1}) {
				t.Errorf("after a report of %v the node's row has %v", d, n.Digest)
			}
		})
	}
}
