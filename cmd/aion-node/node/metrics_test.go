package node

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"aion.dev/aion/transport/wire"
)

// TestMetricsTellTheClusterApart: the alerts of docs/OPERATIONS.md use these metrics.
func TestMetricsTellTheClusterApart(t *testing.T) {
	cfg := settings(t)
	c, _ := boot(t, cfg)
	if _, err := c.Load(t.Context(), archive(t), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + cfg.HTTP.Address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	// Run types and queues are labelled by name, from the state itself: engine's tests cover those.
	for _, line := range []string{"aion_schedule_late_seconds 0", "aion_timer_late_seconds 0", "aion_cluster_is_leader 1", "aion_cluster_has_leader 1", "aion_blobs_missing 0", "aion_raft_leader_contact_seconds 0"} {
		if !strings.Contains(string(b), "\n"+line+"\n") {
			t.Errorf("/metrics lacks the line %q", line)
		}
	}
	if !strings.Contains(string(b), "\naion_build_info{go=\"go") {
		t.Error("/metrics does not say which build this is")
	}
	for _, name := range []string{"aion_raft_term", "aion_raft_commit_index", "aion_state_applied_index"} {
		if !strings.Contains(string(b), "\n"+name+" ") || strings.Contains(string(b), "\n"+name+" 0\n") {
			t.Errorf("/metrics lacks %s, or it is 0", name)
		}
	}
}
