package transport_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport"
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
