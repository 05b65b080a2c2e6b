package transport_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

// TestIsolation: random calls in several namespaces of one cluster, with the same names in all, are
// answered as each namespace's own calls are on a cluster of its own that has nothing else.
// Answers are compared in whole; what differs between any two clusters (times, indexes, random ids)
// is replaced by when it was first seen.
func TestIsolation(t *testing.T) {
	seeds := []uint64{1, 2, 3}
	if testing.Short() {
		seeds = seeds[:1]
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { isolation(t, seed, 160) })
	}
}

func isolation(t *testing.T, seed uint64, calls int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	packages := isolatedPackages(t)
	shared := newWorldOfOne(t)
	spaces := []string{"", "acme", "acme-2"}
	var mine, alone []*side
	for i, space := range spaces {
		if space != "" {
			if r := shared.host.send(t, "POST", "/v1/namespaces", `{"name":"`+space+`"}`); r.status != 201 {
				t.Fatalf("%+v", r)
			}
		}
		mine = append(mine, &side{world: shared, space: space, labels: map[string]string{}})
		alone = append(alone, &side{world: newWorldOfOne(t), space: []string{"", "other", ""}[i], labels: map[string]string{}})
		if s := alone[i].space; s != "" { // a namespace by itself, and default with namespaces that hold nothing
			alone[i].world.host.send(t, "POST", "/v1/namespaces", `{"name":"`+s+`"}`)
		}
	}
	drawers := make([]*drawer, len(spaces))
	for i := range drawers {
		drawers[i] = &drawer{rng: rand.New(rand.NewPCG(seed, uint64(i)+10)), packages: packages}
		drawers[i].begin()
	}
	for n := range calls {
		i := rng.IntN(len(spaces))
		op := drawers[i].next()
		got, want := mine[i].do(t, op), alone[i].do(t, op)
		drawers[i].note(op, got)
		if got != want {
			t.Fatalf("seed %d, call %d in %q: %s %s %s\nis answered among others %s\nand alone %s", seed, n, spaces[i], op.method, op.path, short(op.body), got, want)
		}
	}
}

func short(body string) string {
	if len(body) > 200 || !strings.HasPrefix(body, "{") {
		return fmt.Sprintf("(%d bytes)", len(body))
	}
	return body
}

// worldOfOne is a cluster of one node.
type worldOfOne struct {
	node *enginetest.Node
	host *host
}

func newWorldOfOne(t *testing.T) *worldOfOne {
	n := enginetest.New(t, func(c *engine.Config) { c.Limits.Foresight = -1 })
	h := listen(t, n, &throne{}, "n1", func(c *transport.Config) { c.Limits.Linger = time.Millisecond }).lead()
	h.odd = true
	return &worldOfOne{n, h}
}

// rest waits until nothing happens any more by itself.
func (w *worldOfOne) rest(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for quiet, last := 0, uint64(0); quiet < 3; {
		busy, index := false, uint64(0)
		w.node.State.View(func(v fsm.View) {
			ready, _ := v.Ready(fsm.ReadyCursor{}, 1)
			loaded := 0
			for _, r := range v.Readiness() {
				if r.Node == "n1" && r.Ready {
					loaded++
				}
			}
			busy = len(ready) > 0 || v.JobCount() > 0 || loaded < len(v.Catalog().Packages())
			index = v.Index()
		})
		if busy || index != last {
			quiet, last = 0, index
		} else {
			quiet++
		}
		if time.Now().After(deadline) {
			t.Fatal("the node does not come to rest")
		}
		time.Sleep(time.Millisecond)
	}
}

// side is one namespace as its callers see it.
type side struct {
	world  *worldOfOne
	space  string
	labels map[string]string // of what is random, by value
	values []string          // by label
}

// op is one call. {n} in path and body stands for the nth thing that was random.
type op struct{ method, path, body, key string }

var unlike = map[string]bool{ // members that no two clusters have alike
	"index": true, "at": true, "created_at": true, "started_at": true, "closed_at": true, "loaded_at": true, "loaded_index": true, "state_index": true, "state_at": true,
	"drained_index": true, "drained_at": true, "since": true, "began_index": true, "began_at": true, "chain": true, "next_times": true, "last_time": true, "unloaded_at": true,
	"unloaded_index": true, "polls_since": true, "ended_at": true, "deadline": true, "due_at": true, "n": true, "stack": true,
}

var random = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

func (s *side) label(value string) string {
	l, known := s.labels[value]
	if !known {
		l = fmt.Sprintf("{%d}", len(s.values))
		s.labels[value] = l
		s.values = append(s.values, value)
	}
	return l
}

// alike replaces what is random in an answer.
func (s *side) alike(v any, name string) any {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(mapsKeys(v)) {
			if unlike[k] || k == "next_cursor" && strings.Trim(fmt.Sprint(v[k]), "0123456789abcdefghijklmnopqrstuvwxyz.") == "" {
				v[k] = "(some)"
			} else {
				v[k] = s.alike(v[k], k)
			}
		}
		return v
	case []any:
		for i := range v {
			v[i] = s.alike(v[i], name)
		}
		return v
	case string:
		if name == "token" || name == "move_id" || name == "backtest_id" {
			return s.label(v)
		}
		return random.ReplaceAllStringFunc(v, s.label)
	}
	return v
}

func mapsKeys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\{\d+\}`)

// do makes a call and returns what comparing it with another side's takes.
func (s *side) do(t *testing.T, o op) string {
	t.Helper()
	fill := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(p string) string {
			var n int
			fmt.Sscanf(p, "{%d}", &n)
			if n >= len(s.values) {
				return "00000000-0000-0000-0000-00000000ffff"
			}
			return s.values[n]
		})
	}
	var headers []string
	if s.space != "" {
		headers = append(headers, wire.HeaderNamespace+": "+s.space)
	}
	if o.key != "" {
		headers = append(headers, wire.HeaderRequestID+": "+o.key)
	}
	r := s.world.host.send(t, o.method, fill(o.path), fill(o.body), headers...)
	s.world.rest(t)
	if strings.Contains(r.body, "!acme") || strings.Contains(r.body, "!other") {
		t.Fatalf("%s %s shows names as they are stored: %s", o.method, o.path, r.body)
	}
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		return fmt.Sprintf("%d %s", r.status, r.body)
	}
	if m, is := v.(map[string]any); is && o.method == "POST" && strings.Contains(o.path, "/updates/") && r.status == 200 {
		delete(m, "status") // how far it is already; GET tells later
		delete(m, "result")
	}
	b, err := json.MarshalIndent(s.alike(v, ""), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", r.status, b)
}

// packageOf is an archive with its version.
type packageOf struct{ archive, version string }

// isolatedPackages are three packages of the same types.
func isolatedPackages(t *testing.T) (all []packageOf) {
	for n := range 3 {
		code := enginetest.Code{"order": fmt.Sprintf(`
def run(ctx, input):
    notes = []

    def note(text):
        notes.append(text)
        return [len(notes), ctx.info.workflow_id]

    def known(text):
        if text == "fail":
            fail("not that")

    ctx.on_update("note", note, validator = known)
    ctx.on_query("where", lambda: [ctx.info.workflow_id, ctx.info.workflow_type, ctx.info.version])
    ctx.log("order %d of %%s on %%s" %% (ctx.info.workflow_id, ctx.info.version))
    ctx.set_attributes({"kind": input or "none"})
    ctx.signal_workflow("a", "hello", ctx.info.workflow_id)
    if input == "child":
        return ctx.child("item", input = ctx.info.workflow_type)
    if input == "named":
        return ctx.child("item", id = "b", input = "x")
    if input == "strange":
        return [ctx.try_child("nobody").error.message, ctx.try_child("order", id = "a", version = "parent").error]
    if input == "foreign":
        ctx.signal_workflow("b", "hello", 1)
        return ctx.try_child("!zzz!order").error.message
    if input == "work":
        return ctx.activity("step", input = ctx.info.workflow_id, queue = "gpu")
    if input == "again":
        ctx.continue_as_new("work")
    if input == "fail":
        fail("as told")
    return [%d, ctx.signal("go")]
`, n, n), "item": `
def run(ctx, input):
    ctx.signal("go")
    return [input, ctx.info.workflow_id, ctx.info.workflow_type]
`}
		archive := enginetest.Pack(t, code, func(m *catalog.Manifest, _ *[]catalog.Module) { m.Activities = []string{"step"} })
		opened, err := catalog.Open(archive, catalog.Limits{MaxArchiveBytes: 1 << 20, MaxInflatedBytes: 1 << 20, MaxEntries: 100})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, packageOf{string(archive), opened.Version.String()})
	}
	return all
}

// drawer draws the calls of one namespace.
type drawer struct {
	rng      *rand.Rand
	packages []packageOf
	first    []op
	tokens   []string // labels
	runs     []string // labels
	keys     int
}

func (d *drawer) begin() {
	d.first = []op{{"POST", "/v1/packages", d.packages[0].archive, "load"}, {"POST", "/v1/workflows", `{"type":"order","workflow_id":"a"}`, "k"}}
}

func one[T any](d *drawer, of ...T) T { return of[d.rng.IntN(len(of))] }

// note remembers tokens and runs that an answer names.
func (d *drawer) note(o op, got string) {
	for _, m := range regexp.MustCompile(`"token": "(\{\d+\})"`).FindAllStringSubmatch(got, -1) {
		d.tokens = append(d.tokens, m[1])
	}
	for _, m := range regexp.MustCompile(`"run_id": "(\{\d+\})"`).FindAllStringSubmatch(got, -1) {
		d.runs = append(d.runs, m[1])
	}
}

func (d *drawer) next() op {
	if len(d.first) > 0 {
		o := d.first[0]
		d.first = d.first[1:]
		return o
	}
	id, typ := one(d, "a", "b", "c"), one(d, "order", "item", "nobody")
	pkg := one(d, d.packages...)
	version := pkg.version[:one(d, 6, 12, 64)]
	input := one(d, "", "child", "named", "strange", "foreign", "work", "work", "again", "fail", "signal")
	run := "/v1/workflows/" + id
	if len(d.runs) > 0 && d.rng.IntN(4) == 0 {
		run += "?run_id=" + one(d, d.runs...)
	}
	sub := func(path string) string {
		before, query, found := strings.Cut(run, "?")
		if !found {
			return before + path
		}
		return before + path + "?" + query
	}
	key := ""
	if d.rng.IntN(3) == 0 {
		key = one(d, "k", "k2", fmt.Sprint("k", d.keys))
		d.keys++
	}
	page := one(d, "", "?limit=1", "?limit=2", "?limit=3")
	and := func(path, more string) string {
		if page == "" {
			return path + "?" + more
		}
		return path + page + "&" + more
	}
	switch d.rng.IntN(52) {
	case 0, 1:
		return op{"POST", "/v1/packages" + one(d, "", "?route=false", "?dry_run=true", "?expect_route=order="+version, "?expect_route=nobody=none"), pkg.archive, key}
	case 2:
		return op{"PUT", "/v1/routes/" + typ, fmt.Sprintf(`{"version":%q,"expect":%q}`, version, one(d, "", "none", pkg.version[:7])), key}
	case 3:
		return op{"POST", "/v1/routes/" + typ + "/rollback", "{}", key}
	case 4:
		return op{"DELETE", "/v1/versions/" + typ + "/" + version + one(d, "", "?when=drained"), "", key}
	case 5:
		return op{"GET", "/v1/versions" + one(d, "", "?type="+typ), "", ""}
	case 6:
		return op{"GET", "/v1/versions/" + typ + "/" + version + one(d, "", "/pins", "/modules/order.star"), "", ""}
	case 7:
		return op{"GET", and("/v1/deploys", one(d, "", "type="+typ)), "", ""}
	case 8, 9, 10, 11, 12, 13, 14:
		return op{"POST", "/v1/workflows", fmt.Sprintf(`{"type":%q,"workflow_id":%q,"input":%q,"attributes":{"who":"x"}}`, one(d, "order", typ), one(d, id, id, ""), input), key}
	case 15:
		return op{"POST", "/v1/workflows", fmt.Sprintf(`{"type":%q,"version":%q}`, typ, version), key}
	case 16, 17:
		return op{"POST", sub("/signals/go"), fmt.Sprintf("%q", input), key}
	case 18:
		return op{"POST", sub(one(d, "/cancel", "/terminate", "/pause", "/resume", "/reopen")), "{}", key}
	case 19, 20:
		return op{"GET", run, "", ""}
	case 21, 22:
		return op{"GET", sub("/history"), "", ""}
	case 23:
		return op{"GET", sub(one(d, "/result", "/logs")), "", ""}
	case 24:
		return op{"POST", sub("/queries/where"), "", ""}
	case 25, 26:
		return op{"GET", and("/v1/workflows", one(d, "", "type="+typ, "status=running", "status=completed", "attr=kind=work", "attr=who=x", "parent="+id, "version="+version, "closed_after=1990-01-01T00:00:00Z")), "", ""}
	case 27:
		return op{"GET", "/v1/counts" + one(d, "", "?type="+typ, "?status=running"), "", ""}
	case 28:
		return op{"GET", "/v1/queues" + page, "", ""}
	case 29:
		return op{"GET", "/v1/queues/gpu", "", ""}
	case 30:
		return op{"PUT", "/v1/queues/" + one(d, "gpu", "cpu"), one(d, `{"concurrency":5}`, `{}`), key}
	case 31, 32, 33:
		return op{"POST", "/v1/queues/gpu/poll", `{"worker_id":"w","activities":["step"],"max_tasks":2}`, key}
	case 34, 35, 36:
		if len(d.tokens) == 0 {
			return op{"POST", "/v1/tasks/complete", `{"results":[{"token":"nonsense"}]}`, key}
		}
		token := one(d, d.tokens...)
		switch d.rng.IntN(4) {
		case 0:
			return op{"POST", "/v1/tasks/fail", fmt.Sprintf(`{"results":[{"token":%q,"message":"no","retryable":false}]}`, token), key}
		case 1:
			return op{"POST", "/v1/tasks/heartbeat", fmt.Sprintf(`{"tokens":[{"token":%q}]}`, token), key}
		}
		return op{"POST", "/v1/tasks/complete", fmt.Sprintf(`{"results":[{"token":%q,"output":"done"}]}`, token), key}
	case 37:
		return op{"POST", "/v1/schedules", fmt.Sprintf(`{"schedule_id":%q,"type":%q,"input":%q,"every":"1000h"}`, one(d, "s", "s2", id), typ, input), key}
	case 38:
		return op{one(d, "GET", "GET", "DELETE"), "/v1/schedules/" + one(d, "s", "s2"), "", key}
	case 39:
		return op{"POST", "/v1/schedules/" + one(d, "s", "s2") + one(d, "/trigger", "/pause", "/resume"), "", ""}
	case 40:
		return op{"GET", "/v1/schedules" + page, "", ""}
	case 41:
		if d.rng.IntN(2) == 0 {
			return op{"PUT", "/v1/retention" + one(d, "", "/"+typ), `{"age":"1000h"}`, key}
		}
		return op{"DELETE", "/v1/retention" + one(d, "", "/"+typ), "", key}
	case 42:
		return op{"GET", "/v1/retention" + one(d, "", "/versions"), "", ""}
	case 43:
		return op{one(d, "PUT", "GET", "DELETE"), "/v1/canaries/" + typ, "", key}
	case 44:
		return op{"PUT", "/v1/canaries/" + typ, fmt.Sprintf(`{"version":%q,"share":"100%%"}`, version), key}
	case 45:
		return op{"GET", one(d, "/v1/canaries", "/v1/jobs"), "", ""}
	case 46:
		return op{"POST", "/v1/workflows:batch", fmt.Sprintf(`{"starts":[{"type":"order","workflow_id":%q},{"type":%q,"workflow_id":"!zzz!a"}]}`, id, typ), key}
	case 47, 48, 49:
		return op{"POST", sub("/updates/" + one(d, "note", "note", "note", "other")), fmt.Sprintf(`{"args":%q,"update_id":%q}`, input, one(d, "u", "u2", "u3")), key}
	case 50:
		return op{"GET", sub("/updates/" + one(d, "u", "u2", "u3")), "", ""}
	default:
		return op{"GET", "/v1/workflows/" + url.PathEscape(one(d, "!zzz!a", "!!a", "!")), "", ""}
	}
}
