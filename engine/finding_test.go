package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// found lists the workflow ids that match a filter.
func found(t *testing.T, n *enginetest.Node, f fsm.RunFilter) string {
	t.Helper()
	runs, next, _, err := n.List(background, engine.Read{}, f, "", engine.MaxPage, "")
	if err != nil || next != "" {
		t.Fatal(err, next)
	}
	var ids []string
	for _, r := range runs {
		ids = append(ids, r.WorkflowID)
	}
	return strings.Join(ids, " ")
}

func one(name, value string) fsm.RunFilter {
	return fsm.RunFilter{Attributes: history.Attributes{name: history.Payload(value)}}
}

// Values of every kind are found, whether the caller or the code set them, and times in any
// notation.
func TestAttributesOfEveryKind(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo, "w": `
def run(ctx, input):
    now = ctx.now()
    ctx.set_attributes({"s": "x", "n": 3, "f": 2.50, "b": True, "tags": ["x", "y"], "at": now, "there": now.in_location("Europe/Berlin")})
    ctx.sleep("1h")
    ctx.set_attributes({"s": None, "tags": "x"})
    ctx.sleep("1h")
`}))
		n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "code"})
		n.BeginWith(engine.StartRequest{Type: "a", WorkflowID: "caller", Attributes: history.Attributes{
			"s": history.Payload(`"x"`), "n": history.Payload("3"), "f": history.Payload("2.5"), "b": history.Payload("true"), "tags": history.Payload(`[ "y", "z" ]`),
			"at": history.Payload(`"2026-01-02T05:04:05.500+02:00"`),
		}})
		time.Sleep(time.Second)
		started := n.Row(fsm.RunRef{WorkflowID: "code"}).StartedAt
		berlin := started.Std().In(time.FixedZone("", 3600)).Format(time.RFC3339Nano)
		for _, c := range []struct{ name, value, want string }{
			{"s", `"x"`, "caller code"}, {"s", `"\u0078"`, "caller code"}, {"n", "3", "caller code"}, {"n", "3.0", "caller code"}, {"f", "2.5", "caller code"}, {"b", "true", "caller code"}, {"b", "false", ""},
			{"tags", `"y"`, "caller code"}, {"tags", `"x"`, "code"}, {"tags", `["x","y"]`, "code"}, {"tags", `["y","x"]`, ""}, {"tags", `[]`, ""},
			{"at", `"` + started.String() + `"`, "code"}, {"there", `"` + started.String() + `"`, "code"}, {"at", `"` + berlin + `"`, "code"},
			{"at", `"2026-01-02T03:04:05.5Z"`, "caller"}, {"at", `"2026-01-02T03:04:05.5000+00:00"`, "caller"}, {"none", "1", ""},
		} {
			equal(t, c.name+"="+c.value, found(t, n, one(c.name, c.value)), c.want)
		}
		if got := string(n.Row(fsm.RunRef{WorkflowID: "caller"}).Attributes["at"]); got != `"2026-01-02T03:04:05.5Z"` {
			t.Errorf("a moment is spelled %s", got)
		}
		time.Sleep(time.Hour)
		n.Restart() // replay must accept them
		equal(t, "a value that was taken away", found(t, n, one("s", `"x"`)), "caller")
		equal(t, "an item that was taken away", found(t, n, one("tags", `"y"`)), "caller")
		equal(t, "a value instead of a list", found(t, n, one("tags", `"x"`)), "code")
		equal(t, "outcome", n.Outcome(fsm.RunRef{WorkflowID: "code"}), "completed null")
	})
}

func TestListByParentAndTime(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo, "p": "def run(ctx, input):\n    ctx.child(\"a\", 1, id = \"kid\")\n    ctx.sleep(\"1h\")\n"}))
		begun := history.At(time.Now())
		n.BeginWith(engine.StartRequest{Type: "p", WorkflowID: "parent"})
		time.Sleep(time.Minute)
		n.BeginWith(engine.StartRequest{Type: "a", WorkflowID: "late", Input: history.Payload("1")})
		n.Await(fsm.RunRef{WorkflowID: "late"})
		minute := begun.Add(time.Minute)
		for _, c := range []struct {
			f    fsm.RunFilter
			want string
		}{
			{fsm.RunFilter{Parent: "parent"}, "kid"},
			{fsm.RunFilter{Parent: "kid"}, ""},
			{fsm.RunFilter{StartedBefore: minute}, "kid parent"},
			{fsm.RunFilter{StartedFrom: minute}, "late"},
			{fsm.RunFilter{StartedFrom: begun, StartedBefore: minute, Type: "a"}, "kid"},
			{fsm.RunFilter{ClosedFrom: minute}, "late"},
			{fsm.RunFilter{ClosedBefore: minute}, "kid"},
			{fsm.RunFilter{ClosedFrom: begun}, "late kid"},
			{fsm.RunFilter{ClosedFrom: begun, Status: history.StatusRunning}, ""},
			{fsm.RunFilter{ClosedFrom: begun, Parent: "parent", Status: history.StatusCompleted}, "kid"},
		} {
			equal(t, fmt.Sprintf("%+v", c.f), found(t, n, c.f), c.want)
		}
		for _, f := range []fsm.RunFilter{
			{Parent: "a b"}, {Parent: strings.Repeat("x", 1000)}, {StartedFrom: 2, StartedBefore: 2}, {ClosedFrom: 2, ClosedBefore: 1}, {StartedFrom: -1}, {ClosedBefore: -1},
			{Attributes: many(21)}, one("", "1"), one("k", "{}"), one("k", "null"),
		} {
			_, _, _, err := n.List(background, engine.Read{}, f, "", 0, "")
			refused(t, err, "invalid_input")
		}
	})
}

func many(n int) history.Attributes {
	set := history.Attributes{}
	for i := range n {
		set[fmt.Sprint("name", i)] = history.Payload("1")
	}
	return set
}

func TestCount(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		code := enginetest.Code{"a": echo, "w": "def run(ctx, input):\n    ctx.sleep(\"1h\")\n"}
		one := n.Deploy(enginetest.Pack(t, code)).Package.Version
		for range 3 {
			n.Await(n.Begin("a", "1"))
		}
		waits := n.Begin("w", "")
		code["a"] += "\n"
		two := n.Deploy(enginetest.Pack(t, code)).Package.Version
		n.Await(n.Begin("a", "1"))
		if _, _, err := n.Pause(background, engine.Call{}, waits, ""); err != nil {
			t.Fatal(err)
		}
		count := func(f fsm.RunFilter, version string) string {
			t.Helper()
			counts, index, err := n.Count(background, engine.Read{}, f, version, "")
			if err != nil || index == 0 {
				t.Fatal(index, err)
			}
			var list []string
			for _, c := range counts {
				name := map[string]string{one.String(): "1", two.String(): "2"}[c.Version.String()]
				list = append(list, fmt.Sprintf("%s/%s %d %s", c.Type, name, c.Count, c.Status))
			}
			return strings.Join(list, ", ")
		}
		sorted := []string{"a/1 3 completed", "a/2 1 completed"}
		if one.String() > two.String() {
			sorted[0], sorted[1] = sorted[1], sorted[0]
		}
		equal(t, "all", count(fsm.RunFilter{}, ""), strings.Join(sorted, ", ")+", w/1 1 paused")
		equal(t, "a type", count(fsm.RunFilter{Type: "a"}, two.String()[:10]), "a/2 1 completed")
		equal(t, "a status", count(fsm.RunFilter{Status: history.StatusPaused}, ""), "w/1 1 paused")
		equal(t, "a version", count(fsm.RunFilter{Status: history.StatusCompleted}, one.String()), "a/1 3 completed")
		equal(t, "no such type", count(fsm.RunFilter{Type: "none"}, ""), "")
		equal(t, "no such version", count(fsm.RunFilter{}, strings.Repeat("f", 64)), "")
		_, _, err := n.Count(background, engine.Read{}, fsm.RunFilter{}, strings.Repeat("0", 64), "")
		refused(t, err, "unknown_version")
		_, _, err = n.Count(background, engine.Read{}, fsm.RunFilter{}, "zzzzzzz", "")
		refused(t, err, "invalid_input")
		_, _, err = n.Count(background, engine.Read{}, fsm.RunFilter{Type: strings.Repeat("x", 1000)}, "", "")
		refused(t, err, "invalid_input")
	})
}

// Code that sets more attributes than a run may have fails; a caller that does so is refused.
func TestAttributesAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo, "names": `
def run(ctx, input):
    for turn in range(3):
        ctx.set_attributes({"name%d" % (50 * turn + i): i for i in range(50)})
        ctx.sleep("1s")
`, "bytes": `
def run(ctx, input):
    for i in range(100):
        ctx.set_attributes({"name%d" % i: "x" * 1000})
`, "items": "def run(ctx, input):\n    ctx.set_attributes({\"tags\": [str(i) for i in range(101)]})\n",
			"fine": `
def run(ctx, input):
    for turn in range(3):
        ctx.set_attributes({"name%d" % i: None if turn == 1 else "y" * 200 for i in range(100)})
        ctx.sleep("1s")
`}))
		for typ, want := range map[string]string{"names": "101 names, the limit is 100", "bytes": "the limit is 32768", "items": "a list of 101 items", "fine": "completed null"} {
			want = strings.Replace(want, "101 names", "150 names", 1)
			if got := n.Outcome(n.Begin(typ, "")); !strings.Contains(got, want) {
				t.Errorf("%s: %s, want %s", typ, got, want)
			}
		}
		for _, set := range []history.Attributes{many(101), {"k": history.Payload("[" + strings.Repeat(`"x",`, 100) + `"x"]`)}, wide(20)} {
			_, _, err := n.Start(background, engine.StartRequest{Type: "a", Attributes: set})
			refused(t, err, "invalid_input")
		}
		n.BeginWith(engine.StartRequest{Type: "a", Attributes: many(100)})
	})
}

func wide(n int) history.Attributes {
	set := many(n)
	for name := range set {
		set[name] = history.Payload(`"` + strings.Repeat("x", 2000) + `"`)
	}
	return set
}
