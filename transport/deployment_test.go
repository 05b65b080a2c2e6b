package transport_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

func plain(n int, types ...string) enginetest.Code {
	code := enginetest.Code{}
	for _, typ := range types {
		code[typ] = fmt.Sprintf("def run(ctx, input):\n    return %d\n", n)
	}
	return code
}

func withSchema(schema string) func(*catalog.Manifest, *[]catalog.Module) {
	return func(m *catalog.Manifest, _ *[]catalog.Module) { m.Workflows[0].InputSchema = json.RawMessage(schema) }
}

// TestDeployment: several changes are one step, through any node: one index, the answer of each,
// and nothing at all when one is refused.
func TestDeployment(t *testing.T) {
	_, follower, c := cluster2(t)
	ctx := t.Context()
	store := func(code enginetest.Code, options ...enginetest.Option) *wire.Archive {
		t.Helper()
		a, err := c.StoreArchive(ctx, enginetest.Pack(t, code, options...))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	order1, refund1, order2 := store(plain(1, "order")), store(plain(1, "refund")), store(plain(2, "order"), withSchema(`{"type":"object"}`))
	deploy := wire.Deployment{
		Changes: []wire.Change{
			{Op: "load", Archive: order1.Archive}, {Op: "load", Archive: refund1.Archive, Route: new(bool)}, {Op: "route", Type: "refund", Version: refund1.Version[:8]},
			{Op: "schedule", ScheduleID: "nightly", Type: "order", Every: "24h", Input: json.RawMessage(`7`)},
		},
		Expect: &wire.DeployCondition{Routes: map[string]string{"order": "none"}}, Message: "release 1",
	}

	dry := deploy
	dry.DryRun = true
	would, err := c.Deploy(ctx, dry)
	if err != nil || !would.DryRun || would.Plan == nil || !would.Plan.Changes || len(would.Plan.Versions) != 2 || len(would.Plan.Routes) != 2 || would.Plan.Routes[0].From != "" {
		t.Fatalf("dry run: %+v, %v", would, err)
	}
	if v, err := c.Versions(ctx, ""); err != nil || len(v.Versions) != 0 {
		t.Fatalf("a dry run changed something: %+v, %v", v, err)
	}
	done, err := c.Deploy(ctx, deploy, client.RequestID("r1"))
	if err != nil || len(done.Changes) != 4 || done.Plan != nil {
		t.Fatalf("%+v, %v", done, err)
	}
	var load wire.LoadAnswer
	var route wire.RouteAnswer
	var schedule wire.ScheduleAnswer
	for i, into := range []any{&load, new(wire.LoadAnswer), &route, &schedule} {
		if err := json.Unmarshal(done.Changes[i], into); err != nil {
			t.Fatal(err)
		}
	}
	if load.Version != order1.Version || !load.RouteChanged || load.Index != done.Index || route.Version != refund1.Version || schedule.ScheduleID != "nightly" || string(schedule.Input) != "7" {
		t.Errorf("the answers are %s", done.Changes)
	}
	again, err := c.Deploy(ctx, deploy, client.RequestID("r1"))
	if err != nil || !again.Deduplicated || again.Index != done.Index || len(again.Changes) != 4 {
		t.Errorf("repeated: %+v, %v", again, err)
	}

	// The plan of the next release: what stays on the old version, and what would no longer work.
	next := wire.Deployment{Changes: []wire.Change{{Op: "load", Archive: order2.Archive}}, DryRun: true}
	if would, err = c.Deploy(ctx, next); err != nil {
		t.Fatal(err)
	}
	if p := would.Plan; len(p.Schedules) != 1 || p.Schedules[0].ScheduleID != "nightly" || p.Routes[0].From != order1.Version || p.Routes[0].To != order2.Version || len(p.Pinned) != 0 || p.PollsSince.IsZero() {
		t.Errorf("the plan is %+v", p)
	}

	// Refused: the change is named, and nothing has happened.
	before, err := c.Versions(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		code, op string
		change   int
		changes  []wire.Change
	}{
		{"unknown_version", "route", 1, []wire.Change{{Op: "load", Archive: order2.Archive}, {Op: "route", Type: "order", Version: "abcdef"}}},
		{"route_active", "unload", 1, []wire.Change{{Op: "unroute", Type: "refund"}, {Op: "unload", Type: "order", Version: order1.Version}}},
		{"not_found", "load", 1, []wire.Change{{Op: "load", Archive: order2.Archive}, {Op: "load", Archive: strings.Repeat("ab", 32)}}},
		{"invalid_input", "schedule", 1, []wire.Change{{Op: "load", Archive: order2.Archive}, {Op: "schedule", ScheduleID: "s", Type: "order", Every: "1h", Input: json.RawMessage(`7`)}}},
		{"invalid_input", "canary", 0, []wire.Change{{Op: "canary", Type: "order"}}},
		{"invalid_input", "canary", 1, []wire.Change{{Op: "load", Archive: order2.Archive}, {Op: "canary", Type: "order", Version: order2.Version, Share: "10%"}}},
		{"invalid_input", "canary", 0, []wire.Change{{Op: "canary", Type: "order", Share: "10%", Every: "1h"}}},
		{"invalid_input", "route", 0, []wire.Change{{Op: "route", Type: "order", Version: order1.Version, AbortFailures: 1}}},
		{"invalid_input", "schedule", 0, []wire.Change{{Op: "schedule", ScheduleID: "s", Type: "order", Every: "1h", Share: "1%"}}},
		{"not_found", "canary", 1, []wire.Change{{Op: "load", Archive: order2.Archive, Route: new(bool)}, {Op: "canary", Type: "order", Share: "10%"}}},
		{"canary_active", "load", 2, []wire.Change{{Op: "load", Archive: order2.Archive, Route: new(bool)}, {Op: "canary", Type: "order", Version: order2.Version, Share: "10%"}, {Op: "load", Archive: order2.Archive}}},
		{"invalid_input", "load", 0, []wire.Change{{Op: "load", Archive: "abc"}}},
		{"invalid_input", "unroute", 0, []wire.Change{{Op: "unroute", Type: "order", Version: order1.Version}}},
		{"unknown_workflow_type", "unroute", 2, []wire.Change{{Op: "unroute", Type: "order"}, {Op: "unroute", Type: "refund"}, {Op: "unroute", Type: "order"}}},
	} {
		_, err := c.Deploy(ctx, wire.Deployment{Changes: test.changes})
		var p *wire.Problem
		var change int
		var op string
		if !errors.As(err, &p) || p.Code != test.code || !p.Fact("change", &change) || !p.Fact("op", &op) || change != test.change || op != test.op {
			t.Errorf("%s of %+v: %v", test.code, test.changes, err)
		}
	}
	if _, err := c.Deploy(ctx, wire.Deployment{Changes: []wire.Change{{Op: "unroute", Type: "order"}}, Expect: deploy.Expect}); code(err) != "route_conflict" {
		t.Errorf("a condition that does not hold: %v", err)
	}
	if _, err := c.Deploy(ctx, wire.Deployment{}); code(err) != "invalid_input" {
		t.Errorf("no change: %v", err)
	}
	after, err := c.Versions(ctx, "")
	if err != nil || fmt.Sprint(after.Versions) != fmt.Sprint(before.Versions) && len(after.Versions) != len(before.Versions) {
		t.Errorf("refused deployments left %+v, before were %+v", after.Versions, before.Versions)
	}
	for i := range after.Versions {
		if after.Versions[i].RouteActive != before.Versions[i].RouteActive {
			t.Errorf("refused deployments left %+v, before were %+v", after.Versions, before.Versions)
		}
	}

	page, err := c.Deploys(ctx, "", wire.Page{})
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, d := range page.Deploys {
		told[d.Operation+" "+d.Outcome]++
		if d.Index == done.Index && (d.Message != "release 1" || d.RequestID != "r1") {
			t.Errorf("a record of the deployment: %+v", d)
		}
	}
	if told["load ok"] != 2 || told["route ok"] != 1 || told["route unknown_version"] != 1 || told["unroute unknown_workflow_type"] != 1 || told["deployment route_conflict"] != 1 || told["unroute ok"] != 0 {
		t.Errorf("the deploy history has %v", told)
	}
	if check, err := c.VerifyDeploys(ctx); err != nil || !check.OK {
		t.Errorf("the chain: %+v, %v", check, err)
	}
	if p := follower.send(t, "POST", "/v1/deployments", `{"changes":[{"op":"load","archve":"x"}]}`).problem(t); p.Code != "invalid_input" || !strings.Contains(p.Detail, "archve") {
		t.Errorf("a slip: %v", p)
	}
}
