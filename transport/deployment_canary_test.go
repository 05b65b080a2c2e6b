package transport_test

import (
	"encoding/json"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestDeploymentBeginsCanaries: canaries of what the same deployment loads begin in its entry, and
// a plan says so before; one change that is refused, and none of them begins.
func TestDeploymentBeginsCanaries(t *testing.T) {
	_, _, c := cluster2(t)
	ctx := t.Context()
	store := func(n int, types ...string) *wire.Archive {
		t.Helper()
		a, err := c.StoreArchive(ctx, enginetest.Pack(t, plain(n, types...)))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	old, order, refund := store(1, "order", "refund"), store(2, "order"), store(3, "refund")
	if _, err := c.Deploy(ctx, wire.Deployment{Changes: []wire.Change{{Op: "load", Archive: old.Archive}}}); err != nil {
		t.Fatal(err)
	}
	d := wire.Deployment{Message: "careful", Changes: []wire.Change{
		{Op: "load", Archive: order.Archive, Route: new(bool)}, {Op: "load", Archive: refund.Archive, Route: new(bool)},
		{Op: "canary", Type: "order", Version: order.Version, Share: "10%", AbortFailures: 5}, {Op: "canary", Type: "refund", Version: refund.Version[:8], Share: "0.25%", Key: "customer", PromoteAfter: 9, For: "2h"},
	}}

	refused := d
	refused.Changes = append(refused.Changes[:len(d.Changes):len(d.Changes)], wire.Change{Op: "canary", Type: "nobody", Version: order.Version, Share: "1%"})
	if _, err := c.Deploy(ctx, refused); code(err) != "unknown_version" {
		t.Errorf("a canary of a type that its version does not carry: %v", err)
	}
	dry := d
	dry.DryRun = true
	would, err := c.Deploy(ctx, dry)
	if err != nil || !would.Plan.Changes || len(would.Plan.Routes) != 0 || len(would.Plan.Canaries) != 2 {
		t.Fatalf("the plan is %+v, %v", would, err)
	}
	if p := would.Plan.Canaries[1]; p.WorkflowType != "refund" || p.Version != refund.Version || p.Routed != old.Version || p.Share != "0.25%" || p.ShareBefore != "" || p.Key != "customer" || p.PromoteAfter != 9 || p.Until == nil {
		t.Errorf("the plan of the second canary is %+v", p)
	}
	if all, err := c.Canaries(ctx); err != nil || len(all.Canaries) != 0 {
		t.Fatalf("before the deployment there are %+v, %v", all, err)
	}

	done, err := c.Deploy(ctx, d, client.RequestID("r1"))
	if err != nil {
		t.Fatal(err)
	}
	var begun wire.CanaryAnswer
	if err := json.Unmarshal(done.Changes[3], &begun); err != nil || begun.Share != "0.25%" || begun.BeganIndex != done.Index || begun.Index != done.Index || begun.Routed != old.Version {
		t.Errorf("the second canary is answered %s, %v", done.Changes[3], err)
	}
	all, err := c.Canaries(ctx)
	if err != nil || len(all.Canaries) != 2 || all.Canaries[0].AbortFailures != 5 || all.Canaries[0].BeganIndex != done.Index || all.Canaries[1].BeganIndex != done.Index {
		t.Errorf("there are %+v, %v", all, err)
	}
	page, err := c.Deploys(ctx, "", wire.Page{Limit: 2})
	if err != nil || len(page.Deploys) != 2 || page.Deploys[0].Operation != "canary" || page.Deploys[0].Message != "careful" || page.Deploys[0].RequestID != "r1" || page.Deploys[1].Operation != "canary" {
		t.Errorf("the deploy history has %+v, %v", page, err)
	}

	// The same plan again would change nothing but the time of the one that has one, which counts
	// from now; a larger share would.
	dry.Changes = []wire.Change{{Op: "canary", Type: "order", Share: "10%", AbortFailures: 5}}
	if same, err := c.Deploy(ctx, dry); err != nil || same.Plan.Changes || len(same.Plan.Canaries) != 0 {
		t.Errorf("the same again: %+v, %v", same, err)
	}
	dry.Changes = append(dry.Changes, wire.Change{Op: "canary", Type: "order", Share: "50%"})
	if more, err := c.Deploy(ctx, dry); err != nil || !more.Plan.Changes || len(more.Plan.Canaries) != 1 || more.Plan.Canaries[0].ShareBefore != "10%" || more.Plan.Canaries[0].Share != "50%" {
		t.Errorf("a larger share: %+v, %v", more, err)
	}
	for _, change := range []wire.Change{{Op: "route", Type: "order", Version: order.Version}, {Op: "unroute", Type: "order"}, {Op: "unload", Type: "order", Version: order.Version}} {
		if _, err := c.Deploy(ctx, wire.Deployment{Changes: []wire.Change{change}, DryRun: true}); code(err) != "canary_active" {
			t.Errorf("%s while there is a canary: %v", change.Op, err)
		}
	}
}

// TestAgentsCanaries: agents begin, look at and end canaries under their token.
func TestAgentsCanaries(t *testing.T) {
	n := enginetest.New(t)
	old := n.Deploy(enginetest.Pack(t, plain(1, "order"))).Package.Version.String()
	h := listen(t, n, &throne{}, "n1").lead()
	s := agent(t, h, "")
	next, failed := use(t, s, "deploy", with(projectOf("return 2"), "route", false))
	if failed {
		t.Fatalf("deploy: %v", next)
	}
	version := next.(map[string]any)["version"].(string)
	canary := map[string]any{"type": "order", "version": version, "share": "50%", "abort_failures": 2, "message": "try"}
	for _, step := range []struct {
		tool string
		args map[string]any
		want map[string]any
	}{
		{"canary_status", map[string]any{}, map[string]any{"canaries": []any{}}},
		{"set_canary", canary, map[string]any{"version": version, "routed": old, "share": "50%", "abort_failures": 2.0}},
		{"canary_status", map[string]any{"type": "order"}, map[string]any{"version": version, "counts": "…"}},
		{"route", map[string]any{"type": "order", "version": version}, map[string]any{"code": "canary_active"}},
		{"abort_canary", map[string]any{"type": "order", "message": "enough"}, map[string]any{"ended": "aborted", "routed": old}},
		{"canary_status", map[string]any{"type": "order"}, map[string]any{"code": "not_found"}},
		{"set_canary", canary, map[string]any{"share": "50%"}},
		{"promote_canary", map[string]any{"type": "order"}, map[string]any{"ended": "promoted", "routed": version}},
	} {
		got, failed := use(t, s, step.tool, step.args)
		if _, fails := step.want["code"]; failed != fails || !contains(got, step.want) {
			t.Errorf("%s answers %v, want %v", step.tool, got, step.want)
		}
	}
}
