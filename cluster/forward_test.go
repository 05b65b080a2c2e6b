package cluster

import (
	"strings"
	"testing"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// A node may have only reports about itself put into the log over the node port, whatever its
// certificate.
func TestANodeSpeaksForItselfOnly(t *testing.T) {
	for _, c := range []struct {
		what string
		e    fsm.Envelope
		want string // part of the error; empty is allowed
	}{
		{"its own row", fsm.Envelope{Command: &fsm.AnnounceNode{Node: rows.Node{ID: "n2"}}}, ""},
		{"another's row", fsm.Envelope{Command: &fsm.AnnounceNode{Node: rows.Node{ID: "n1"}}}, "node n2 speaks for node n1"},
		{"its own readiness", fsm.Envelope{Command: &fsm.ReportReady{Node: "n2"}}, ""},
		{"another's readiness", fsm.Envelope{Command: &fsm.ReportReady{Node: "n1"}}, "node n2 speaks for node n1"},
		{"its own digest", fsm.Envelope{Command: &fsm.ReportDigest{Node: "n2"}}, ""},
		{"another's digest", fsm.Envelope{Command: &fsm.ReportDigest{Node: "n3"}}, "node n2 speaks for node n3"},
		{"its own file's limits", fsm.Envelope{Command: &fsm.SetLimits{Node: "n2"}}, ""},
		{"another file's limits", fsm.Envelope{Command: &fsm.SetLimits{Node: "n1"}}, "node n2 speaks for node n1"},
		{"limits of nobody", fsm.Envelope{Command: &fsm.SetLimits{}}, "speaks for node "},
		{"a member's end", fsm.Envelope{Command: &fsm.RemoveNode{ID: "n2"}}, "are not forwarded"},
		{"a caller's start", fsm.Envelope{Command: &fsm.StartRun{}}, "are not forwarded"},
		{"a confirmed time", fsm.Envelope{Command: &fsm.ConfirmTime{}}, "are not forwarded"},
		{"a request's key", fsm.Envelope{Command: &fsm.ReportReady{Node: "n2"}, Request: &fsm.Request{}}, "no request id"},
	} {
		if err := mayForward("n2", c.e); c.want == "" && err != nil {
			t.Errorf("%s: %v", c.what, err)
		} else if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want one that says %q", c.what, err, c.want)
		}
	}
}
