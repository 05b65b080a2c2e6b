package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
)

const echo = `
def run(ctx, input):
    return input
`

// says returns code whose runs return text.
func says(text string) string {
	return fmt.Sprintf("def run(ctx, input):\n    return %q\n", text)
}

func load(n *enginetest.Node, r engine.LoadRequest) (*fsm.LoadAnswer, engine.Answered, error) {
	return n.LoadPackage(background, r)
}

func TestDeployRoutesAllMembersAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		answer := n.Deploy(enginetest.Pack(t, enginetest.Code{"a": says("a1"), "b": says("b1")}))
		equal(t, "freshly loaded", answer.FreshlyLoaded, true)
		equal(t, "routes", len(answer.Routes), 2)
		equal(t, "a", n.Outcome(n.Begin("a", "")), `completed "a1"`)
		equal(t, "b", n.Outcome(n.Begin("b", "")), `completed "b1"`)
		synctest.Wait() // readiness is reported when compiled

		rows, index, err := n.Versions(background, engine.Read{}, "")
		if err != nil || len(rows) != 2 || index == 0 {
			t.Fatalf("got %d rows at index %d, %v", len(rows), index, err)
		}
		for i, typ := range []string{"a", "b"} {
			equal(t, "type", rows[i].Member.Type, typ)
			equal(t, "routed", rows[i].RouteActive, true)
			equal(t, "ready on", strings.Join(rows[i].ReadyNodes, " "), "n1")
		}
	})
}

func TestARunKeepsItsVersionWhileNewOnesTakeTheNext(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		code := "def run(ctx, input):\n    ctx.signal(\"go\")\n    return %q\n"
		v1 := n.Deploy(enginetest.Pack(t, enginetest.Code{"order": fmt.Sprintf(code, "one")}))
		parked := n.Begin("order", "")
		v2 := n.Deploy(enginetest.Pack(t, enginetest.Code{"order": fmt.Sprintf(code, "two")}))
		fresh := n.Begin("order", "")

		unload := fsm.UnloadVersion{Type: "order", Version: v1.Package.Version.String()[:12]}
		_, _, err := n.Unload(background, engine.Call{}, unload)
		var pinned *fsm.VersionPinned
		if !errors.As(err, &pinned) || pinned.Counts.Total() != 1 || pinned.Holders[0].RunID != parked.RunID {
			t.Fatalf("got %v", err)
		}
		_, _, err = n.Unload(background, engine.Call{}, fsm.UnloadVersion{Type: "order", Version: v2.Package.Version.String()})
		refused(t, err, "route_active")

		n.Send(parked, "go", "")
		n.Send(fresh, "go", "")
		equal(t, "parked", n.Outcome(parked), `completed "one"`)
		equal(t, "fresh", n.Outcome(fresh), `completed "two"`)
		if _, _, err := n.Unload(background, engine.Call{}, unload); err != nil {
			t.Fatal(err)
		}
		_, _, err = n.Unload(background, engine.Call{}, unload)
		refused(t, err, "unknown_version")
		_, _, err = n.Rollback(background, engine.Call{}, fsm.RollbackType{Type: "order"})
		refused(t, err, "version_unavailable")

		page, err := n.Deploys(background, engine.Read{}, "order", 0, "")
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, r := range page.Records {
			lines = append(lines, r.Operation+" "+r.Outcome)
		}
		equal(t, "deploys", strings.Join(lines, ", "), "rollback version_unavailable, unload unknown_version, unload ok, unload route_active, unload version_pinned, load ok, load ok")
	})
}

func TestADeployThatFailsTouchesNothing(t *testing.T) {
	deep := "def run(ctx, input):\n    return " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "\n"
	for name, code := range map[string]string{
		"no Starlark":       "def run(ctx, input:\n",
		"no entry function": "def go(ctx, input):\n    return 1\n",
		"wrong parameters":  "def run():\n    return 1\n",
		"unknown name":      "def run(ctx, input):\n    return nothing\n",
		"endless top level": "def run(ctx, input):\n    return 1\n\nwhile True:\n    pass\n",
		"huge top level":    "def run(ctx, input):\n    return 1\n\nx = \"a\" * (1 << 33)\n",
		"doubling list":     "def run(ctx, input):\n    return 1\n\nx = [1]\nwhile True:\n    x = x + x\n",
		"contains itself":   "def run(ctx, input):\n    return 1\n\nx = []\nx.append(x)\ny = str(x)\nfail(\"survived\")\n",
		"deep nesting":      deep,
		"unknown module":    "load(\"nowhere.star\", \"f\")\ndef run(ctx, input):\n    return 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(enginetest.Pack(t, enginetest.Code{"good": echo}))
				puts := n.Blobs.Puts()
				_, _, err := load(n, engine.LoadRequest{Archive: enginetest.Pack(t, enginetest.Code{"bad": code}), Route: true})
				refused(t, err, "invalid_package")
				equal(t, "puts", n.Blobs.Puts(), puts)
				equal(t, "good", n.Outcome(n.Begin("good", "1")), "completed 1")
				rows, _, _ := n.Versions(background, engine.Read{}, "bad")
				equal(t, "rows", len(rows), 0)
			})
		})
	}
}

func TestADeployChecksSchemas(t *testing.T) {
	for name, schema := range map[string]string{
		"bad type":     `{"type":"nonsense"}`,
		"reads a file": `{"$ref":"file:///etc/passwd"}`,
		"fetches":      `{"$ref":"https://example.com/x.json"}`,
		"bad pattern":  `{"pattern":"("}`,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				archive := enginetest.Pack(t, enginetest.Code{"a": echo}, enginetest.InputSchema("a", schema))
				_, _, err := load(n, engine.LoadRequest{Archive: archive})
				var bad *catalog.InvalidPackage
				if refused(t, err, "invalid_package"); !errors.As(err, &bad) || bad.Field != "workflows[0].input_schema" {
					t.Fatalf("got %v", err)
				}
			})
		})
	}
}

func TestLimitsOfADeployRequest(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		good := enginetest.Pack(t, enginetest.Code{"a": echo})
		for name, r := range map[string]engine.LoadRequest{
			"message":         {Archive: good, Message: strings.Repeat("x", engine.MaxMessage+1)},
			"message, binary": {Archive: good, Message: "\xff"},
			"expect":          {Archive: good, Expect: []catalog.Expect{{Type: "a", Ref: "zz"}}},
			"expect, many":    {Archive: good, Expect: make([]catalog.Expect, 1000)},
			"request id":      {Archive: good, Call: engine.Call{Request: &fsm.Request{ID: strings.Repeat("x", 201)}}},
			"actor":           {Archive: good, Call: engine.Call{Actor: strings.Repeat("x", 201)}},
			"foreign expect":  {Archive: good, Expect: []catalog.Expect{{Type: "b", Ref: "none"}}},
		} {
			if _, _, err := load(n, r); enginetest.CodeOf(err) != "invalid_input" {
				t.Errorf("%s: got %v", name, err)
			}
		}
		_, _, err := load(n, engine.LoadRequest{Archive: good[:len(good)/2]})
		refused(t, err, "invalid_package")
		_, _, err = load(n, engine.LoadRequest{})
		refused(t, err, "invalid_package")
	})
}

func TestADryRunChangesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		v1 := n.Deploy(enginetest.Pack(t, enginetest.Code{"a": says("1")}))
		two := enginetest.Pack(t, enginetest.Code{"a": says("2")})
		synctest.Wait() // until readiness is reported
		puts, entries := n.Blobs.Puts(), n.Log.Entries()
		answer, a, err := load(n, engine.LoadRequest{Archive: two, Route: true, DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "freshly loaded", answer.FreshlyLoaded, true)
		equal(t, "changed", answer.Routes[0].Changed, true)
		equal(t, "previous", answer.Routes[0].Previous, v1.Package.Version)
		equal(t, "index", a.Index, n.State.Applied())

		_, _, err = load(n, engine.LoadRequest{Archive: two, Route: true, DryRun: true, Expect: []catalog.Expect{{Type: "a", Ref: "none"}}})
		refused(t, err, "route_conflict")
		labelled := enginetest.Pack(t, enginetest.Code{"a": says("1")}, enginetest.Labels(map[string]string{"x": "y"}))
		_, _, err = load(n, engine.LoadRequest{Archive: labelled, DryRun: true})
		refused(t, err, "manifest_mismatch")

		equal(t, "puts", n.Blobs.Puts(), puts)
		equal(t, "entries", n.Log.Entries(), entries)
		equal(t, "still", n.Outcome(n.Begin("a", "")), `completed "1"`)
	})
}

func TestADeployIsRepeatedByItsRequestID(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		one := enginetest.Pack(t, enginetest.Code{"a": says("1")})
		two := enginetest.Pack(t, enginetest.Code{"a": says("2")})
		request := engine.LoadRequest{Archive: one, Route: true, Call: engine.Call{Request: &fsm.Request{ID: "deploy-1", Print: catalog.Digest{1}}}}

		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.LoadPackage); ok {
				return enginetest.UnknownDone
			}
			return enginetest.None
		})
		_, _, err := load(n, request)
		refused(t, err, "outcome_unknown")
		n.Log.Inject(nil)
		n.Deploy(two)
		n.Restart()

		// The operator deployed something else in between: repeating the first request returns its
		// first answer, and does not undo the later deploy.
		answer, a, err := load(n, request)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "deduplicated", a.Deduplicated, true)
		equal(t, "freshly loaded", answer.FreshlyLoaded, true)
		n.Restart()
		equal(t, "still", n.Outcome(n.Begin("a", "")), `completed "2"`)

		request.Archive, request.Request = two, &fsm.Request{ID: "deploy-1", Print: catalog.Digest{2}}
		_, _, err = load(n, request)
		refused(t, err, "request_mismatch")
	})
}

func TestADeployNeedsAMajorityForItsArchiveFirst(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Blobs.FailPuts(&engine.NoQuorum{Why: "1 of 3 voters has the archive"})
		entries := n.Log.Entries()
		_, _, err := load(n, engine.LoadRequest{Archive: enginetest.Pack(t, enginetest.Code{"a": echo})})
		refused(t, err, "no_quorum")
		equal(t, "entries", n.Log.Entries(), entries)
	})
}

func TestArchivesAreCheckedElsewhereFirst(t *testing.T) {
	verdict := error(&catalog.InvalidPackage{Reason: "crashed the child"})
	checks := 0
	n := enginetest.New(t, func(c *engine.Config) {
		c.CheckArchive = func(context.Context, []byte) error { checks++; return verdict }
	})
	archive := enginetest.Pack(t, enginetest.Code{"a": echo})
	_, _, err := load(n, engine.LoadRequest{Archive: archive})
	refused(t, err, "invalid_package")
	verdict = nil
	n.Deploy(archive)
	equal(t, "checks", checks, 2)
	n.Outcome(n.Begin("a", ""))
	n.Deploy(archive) // compiled here by now, so no child is needed
	equal(t, "checks", checks, 2)
}
