package transport_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// waiting waits for a signal and returns it, together with its version.
func waiting(version string) enginetest.Code {
	return enginetest.Code{"order": `
def run(ctx, input):
    ctx.on_query("stage", lambda: "waiting")
    return {"version": "` + version + `", "input": input, "approval": ctx.signal("approval")}
`}
}

// code returns the error code of a client's error.
func code(err error) string {
	var p *wire.Problem
	if !errors.As(err, &p) {
		return ""
	}
	return p.Code
}

// cluster2 returns a leader and a follower on one real engine, and a client that calls the
// follower.
func cluster2(t *testing.T) (leader, follower *host, c *client.Client) {
	t.Helper()
	n := enginetest.New(t)
	th := &throne{}
	leader = listen(t, n, th, "n1").lead()
	follower = listen(t, n, th, "n2")
	return leader, follower, caller(t, follower)
}

// TestDeployStory: deploy, start, deploy again, refused unload, roll back and forward, last run
// ends, unload.
func TestDeployStory(t *testing.T) {
	_, _, c := cluster2(t)
	ctx := t.Context()
	v1, err := c.Load(ctx, enginetest.Pack(t, waiting("1")), wire.LoadOptions{Expect: []string{"order=none"}, Message: "first"})
	if err != nil {
		t.Fatal(err)
	}
	if !v1.FreshlyLoaded || !v1.RouteChanged || len(v1.PreviousRoutes) != 0 || v1.WorkflowType != "order" || v1.EntryFunction != "run" ||
		v1.DeployedEntryModule != "order$"+v1.Version || v1.Index == 0 || v1.LoadedAt.IsZero() || strings.Join(v1.WorkflowTypes, " ") != "order" {
		t.Errorf("first load: %+v", v1)
	}
	run, err := c.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: "w1", Input: json.RawMessage(`{"n":1}`)})
	if err != nil || run.Version != v1.Version || run.WorkflowID != "w1" {
		t.Fatalf("start: %+v, %v", run, err)
	}

	dry, err := c.Load(ctx, enginetest.Pack(t, waiting("2")), wire.LoadOptions{DryRun: true})
	if err != nil || !dry.DryRun || !dry.FreshlyLoaded || !dry.RouteChanged || dry.PreviousRoutes["order"] != v1.Version {
		t.Errorf("dry run: %+v, %v", dry, err)
	}
	if l, err := c.Versions(ctx, ""); err != nil || len(l.Versions) != 1 {
		t.Errorf("a dry run changed something: %+v, %v", l, err)
	}
	if _, err := c.Load(ctx, enginetest.Pack(t, waiting("2")), wire.LoadOptions{Expect: []string{"order=none"}}); code(err) != "route_conflict" {
		t.Errorf("a condition that does not hold: %v", err)
	}
	v2, err := c.Load(ctx, enginetest.Pack(t, waiting("2")), wire.LoadOptions{Expect: []string{"order=" + v1.Version[:8]}})
	if err != nil || v2.PreviousRoutes["order"] != v1.Version {
		t.Fatalf("second load: %+v, %v", v2, err)
	}
	again, err := c.Load(ctx, enginetest.Pack(t, waiting("2")), wire.LoadOptions{})
	if err != nil || again.FreshlyLoaded || again.RouteChanged {
		t.Errorf("loading what is loaded: %+v, %v", again, err)
	}

	var p *wire.Problem
	_, err = c.Unload(ctx, "order", v1.Version[:10], "")
	var holders []wire.PinHolder
	if !errors.As(err, &p) || p.Code != "version_pinned" || !p.Fact("holders", &holders) || len(holders) != 1 || holders[0].WorkflowID != "w1" {
		t.Errorf("unload of a pinned version: %v, holders %+v", err, holders)
	}
	if _, err = c.Unload(ctx, "order", v2.Version, ""); code(err) != "route_active" {
		t.Errorf("unload of a routed version: %v", err)
	}
	pins, err := c.Pins(ctx, "order", v1.Version[:6], wire.Page{})
	if err != nil || pins.Total != 1 || pins.Counts.Total() != 1 || pins.RouteActive || pins.Version != v1.Version || pins.Holders[0].RunID != run.RunID {
		t.Errorf("pins: %+v, %v", pins, err)
	}
	list, err := c.Versions(ctx, "order")
	if err != nil || len(list.Versions) != 2 || list.Versions[0].RouteActive || !list.Versions[1].RouteActive || list.Versions[0].Pins.Total() != 1 {
		t.Errorf("versions: %+v, %v", list, err)
	}

	back, err := c.Rollback(ctx, "order", wire.RouteChange{Expect: v2.Version})
	if err != nil || back.Version != v1.Version || back.Previous != v2.Version || !back.RouteChanged {
		t.Errorf("rollback: %+v, %v", back, err)
	}
	if r, err := c.Route(ctx, "order", wire.RouteRequest{Version: v2.Version[:12], Expect: v1.Version}); err != nil || r.Version != v2.Version {
		t.Errorf("route: %+v, %v", r, err)
	}
	if r, err := c.Route(ctx, "order", wire.RouteRequest{Version: v2.Version}); err != nil || r.RouteChanged || r.Index == 0 {
		t.Errorf("routing to the routed version: %+v, %v", r, err)
	}

	if _, err := c.Signal(ctx, wire.RunRef{WorkflowID: "w1"}, "approval", json.RawMessage(`true`)); err != nil {
		t.Fatal(err)
	}
	end, err := c.Result(ctx, wire.RunRef{WorkflowID: "w1"}, wire.MaxWait)
	if err != nil || end.Status != "completed" || string(end.Result) != `{"version":"1","input":{"n":1},"approval":true}` && string(end.Result) != `{"approval":true,"input":{"n":1},"version":"1"}` {
		t.Errorf("result: %s %s, %v", end.Status, end.Result, err)
	}
	gone, err := c.Unload(ctx, "order", v1.Version, "nobody needs it")
	if err != nil || gone.Version != v1.Version || strings.Join(gone.WorkflowTypes, " ") != "order" {
		t.Errorf("unload: %+v, %v", gone, err)
	}
	if _, err := c.Rollback(ctx, "order", wire.RouteChange{}); code(err) != "version_unavailable" {
		t.Errorf("rollback to what is unloaded: %v", err)
	}
	if r, err := c.Unroute(ctx, "order", wire.RouteChange{}); err != nil || r.Version != "" || r.Previous != v2.Version {
		t.Errorf("unroute: %+v, %v", r, err)
	}
	if _, err := c.Start(ctx, wire.StartRequest{Type: "order"}); code(err) != "unknown_workflow_type" {
		t.Errorf("start of an unrouted type: %v", err)
	}
	if _, err := c.Route(ctx, "order", wire.RouteRequest{Version: v1.Version}); code(err) != "unknown_version" {
		t.Errorf("route to what is unloaded: %v", err)
	}

	var told []string
	cursor := ""
	for {
		page, err := c.Deploys(ctx, "order", wire.Page{Limit: 3, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Deploys {
			told = append(told, d.Operation+" "+d.Outcome)
			if d.Actor == "" || d.At.IsZero() || d.Index == 0 {
				t.Errorf("record %+v", d)
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	want := "route unknown_version, unroute ok, rollback version_unavailable, unload ok, route ok, route ok, rollback ok, unload route_active, unload version_pinned, load ok, load ok, load route_conflict, load ok"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("deploy history\n%s, want\n%s", got, want)
	}
}

// TestFetchVersion: what was deployed is read back byte for byte, through any node and from any
// node's own state; so is each of its modules.
func TestFetchVersion(t *testing.T) {
	leader, follower, c := cluster2(t)
	ctx := t.Context()
	const library = "y = 1\n"
	archive := enginetest.Pack(t, waiting("1"), func(_ *catalog.Manifest, modules *[]catalog.Module) {
		*modules = append(*modules, catalog.Module{Name: "lib/x.star", Source: []byte(library)})
	})
	v, err := c.Load(ctx, archive, wire.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, opts := range map[string][]client.Option{"through a follower": nil, "from a follower": {client.Stale()}} {
		got, err := c.FetchArchive(ctx, "order", v.Version[:6], opts...)
		if err != nil || !bytes.Equal(got, archive) {
			t.Errorf("%s: %d bytes instead of %d, %v", name, len(got), len(archive), err)
		}
		module, err := c.ReadModule(ctx, "order", v.Version, "lib/x.star", opts...)
		if err != nil || string(module) != library {
			t.Errorf("%s: the module is %q, %v", name, module, err)
		}
	}
	for name, h := range map[string]*host{"leader": leader, "follower": follower} {
		first := h.send(t, "GET", "/v1/versions/order/"+v.Version+"/archive", "")
		tag := first.header.Get("Etag")
		digest := sha256.Sum256(archive)
		if first.status != 200 || tag != `"`+hex.EncodeToString(digest[:])+`"` || first.header.Get("Aion-Index") == "" || first.body != string(archive) {
			t.Errorf("%s: %d, tag %s", name, first.status, tag)
		}
		if again := h.send(t, "GET", "/v1/versions/order/"+v.Version+"/archive", "", "If-None-Match: "+tag); again.status != 304 || again.body != "" {
			t.Errorf("%s, to a caller who has it: %d with %d bytes", name, again.status, len(again.body))
		}
	}
	if _, err := c.FetchArchive(ctx, "order", "abcdef"); code(err) != "unknown_version" {
		t.Errorf("another version: %v", err)
	}
	if _, err := c.ReadModule(ctx, "order", v.Version, "x.star"); code(err) != "not_found" {
		t.Errorf("another module: %v", err)
	}
}

func TestLoadWithoutRoute(t *testing.T) {
	_, _, c := cluster2(t)
	l, err := c.Load(t.Context(), enginetest.Pack(t, waiting("1")), wire.LoadOptions{NoRoute: true})
	if err != nil || l.RouteChanged || !l.FreshlyLoaded {
		t.Errorf("%+v, %v", l, err)
	}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order"}); code(err) != "unknown_workflow_type" {
		t.Errorf("start: %v", err)
	}
	if run, err := c.Start(t.Context(), wire.StartRequest{Type: "order", Version: l.Version[:6]}); err != nil || run.Version != l.Version {
		t.Errorf("start of an exact version: %+v, %v", run, err)
	}
}

func TestBadArchives(t *testing.T) {
	leader, _, c := cluster2(t)
	for name, archive := range map[string][]byte{
		"no zip":      []byte("this is no archive"),
		"truncated":   enginetest.Pack(t, waiting("1"))[:100],
		"no function": enginetest.Pack(t, enginetest.Code{"order": "x = 1\n"}),
		"bad syntax":  enginetest.Pack(t, enginetest.Code{"order": "def run(ctx, input)\n    return 1\n"}),
	} {
		_, err := c.Load(t.Context(), archive, wire.LoadOptions{})
		if code(err) != "invalid_package" {
			t.Errorf("%s: %v", name, err)
		}
		if name == "bad syntax" {
			var p *wire.Problem
			if !errors.As(err, &p) || !strings.Contains(p.Detail, "order.star:2:1") {
				t.Errorf("a syntax error does not say where: %v", err)
			}
		}
	}
	if p := leader.send(t, "POST", "/v1/packages", "").problem(t); p.Code != "invalid_input" {
		t.Errorf("empty archive: %v", p)
	}
	if l, err := c.Versions(t.Context(), ""); err != nil || len(l.Versions) != 0 {
		t.Errorf("something was loaded: %+v, %v", l, err)
	}
}

// TestShowVersion: a deployed package can be read back, complete, through any node.
func TestShowVersion(t *testing.T) {
	_, _, c := cluster2(t)
	ctx := t.Context()
	v, err := c.Load(ctx, enginetest.Pack(t, waiting("1")), wire.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.ShowVersion(ctx, "order", v.Version[:6])
	if err != nil {
		t.Fatal(err)
	}
	var manifest catalog.Manifest
	if err := json.Unmarshal(s.Manifest, &manifest); err != nil || manifest.Version.String() != v.Version || manifest.Workflows[0].Type != "order" {
		t.Errorf("the manifest is %s, %v", s.Manifest, err)
	}
	if s.Version.Version != v.Version || !s.RouteActive || s.Labels == nil || len(s.Modules) != 1 || s.Modules[0].Name != "order.star" || s.Modules[0].Bytes == 0 || s.Index == 0 {
		t.Errorf("shown: %+v", s)
	}
	if _, err := c.ShowVersion(ctx, "order", "abcdef"); code(err) != "unknown_version" {
		t.Errorf("another version: %v", err)
	}
	if _, err := c.ShowVersion(ctx, "nothing", v.Version); code(err) != "unknown_version" {
		t.Errorf("another type: %v", err)
	}
}
