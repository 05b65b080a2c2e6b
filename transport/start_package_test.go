package transport_test

import (
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestStartWithAnArchive: code comes along with a start, over both faces and through any node, and
// an ephemeral version is listed as one until its run has ended.
func TestStartWithAnArchive(t *testing.T) { onBothFaces(t, testStartWithAnArchive) }

func testStartWithAnArchive(t *testing.T) {
	leader, _, c := cluster2(t)
	ctx := t.Context()
	stored, err := c.StoreArchive(ctx, enginetest.Pack(t, waiting("1")))
	if err != nil {
		t.Fatal(err)
	}
	start := wire.StartRequest{Type: "order", WorkflowID: "a", Archive: stored.Archive, Ephemeral: true}
	s, err := c.Start(ctx, start, client.RequestID("r1"))
	if err != nil || s.Version != stored.Version || !s.FreshlyLoaded || !s.Ephemeral {
		t.Fatalf("%+v, %v", s, err)
	}
	v, err := c.Versions(ctx, "")
	if err != nil || len(v.Versions) != 1 || !v.Versions[0].Ephemeral || v.Versions[0].State != "staged" {
		t.Errorf("listed: %+v, %v", v, err)
	}
	if again, err := c.Start(ctx, start, client.RequestID("r1")); err != nil || !again.Deduplicated || again.RunID != s.RunID || !again.Ephemeral {
		t.Errorf("repeated: %+v, %v", again, err)
	}
	if _, err := c.Terminate(ctx, wire.RunRef{WorkflowID: "a"}, ""); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Versions(ctx, ""); err != nil || len(v.Versions) != 0 {
		t.Errorf("after its end: %+v, %v", v, err)
	}
	if h, err := c.History(ctx, wire.RunRef{WorkflowID: "a"}, 1, 10, 0); err != nil || len(h.Events) == 0 {
		t.Errorf("its history: %+v, %v", h, err)
	}

	for name, bad := range map[string]wire.StartRequest{
		"invalid_input ephemeral": {Type: "order", Ephemeral: true},
		"invalid_input archive":   {Type: "order", Archive: "abc"},
		"invalid_input version":   {Type: "order", Archive: stored.Archive, Version: "abcdef"},
		"invalid_input type":      {Type: "refund", Archive: stored.Archive},
		"not_found stored":        {Type: "order", Archive: strings.Repeat("0", 64)},
	} {
		want, mention, _ := strings.Cut(name, " ")
		if _, err := c.Start(ctx, bad); code(err) != want || !strings.Contains(err.Error(), mention) {
			t.Errorf("%+v: got %v, want %s that tells of %s", bad, err, want, mention)
		}
	}
	b, err := c.StartMany(ctx, []wire.StartItem{{StartRequest: start}})
	if err != nil || b[0].OK || b[0].Problem.Code != "invalid_input" {
		t.Errorf("in a batch: %+v, %v", b, err)
	}

	leader.seat.Drain(ctx, nil, leader.id, true)
	body := `{"type":"order","archive":"` + stored.Archive + `"}`
	if p := leader.send(t, "POST", "/v1/workflows", body).problem(t); p.Code != "unavailable" || !strings.Contains(p.Detail, "draining") {
		t.Errorf("asked of a node that drains: %+v", p)
	}
}
