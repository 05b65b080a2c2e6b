package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/engine/schema"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

func TestAStartIsChecked(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}))
		many := history.Attributes{}
		for i := range 101 {
			many[fmt.Sprint(i)] = history.Payload("1")
		}
		for name, r := range map[string]engine.StartRequest{
			"no type":          {},
			"long type":        {Type: strings.Repeat("x", 201)},
			"bad id":           {Type: "a", WorkflowID: "a b"},
			"long id":          {Type: "a", WorkflowID: strings.Repeat("x", 201)},
			"bad version":      {Type: "a", Version: "XYZ123"},
			"long version":     {Type: "a", Version: strings.Repeat("a", 65)},
			"bad JSON":         {Type: "a", Input: history.Payload(`{"a":`)},
			"two values":       {Type: "a", Input: history.Payload(`1 2`)},
			"no UTF-8":         {Type: "a", Input: history.Payload("\"\xff\"")},
			"huge input":       {Type: "a", Input: history.Payload(`"` + strings.Repeat("x", 2<<20) + `"`)},
			"negative timeout": {Type: "a", Timeout: -time.Second},
			"endless timeout":  {Type: "a", Timeout: engine.MaxTimeout + 1},
			"endless delay":    {Type: "a", Options: engine.StartOptions{Delay: engine.MaxTimeout + 1}},
			"negative delay":   {Type: "a", Options: engine.StartOptions{Delay: -1}},
			"no such if_open":  {Type: "a", Options: engine.StartOptions{IfOpen: "signals"}},
			"no if_closed":     {Type: "a", Options: engine.StartOptions{IfClosed: "never"}},
			"no signal":        {Type: "a", Options: engine.StartOptions{IfOpen: "signal"}},
			"a nameless one":   {Type: "a", Options: engine.StartOptions{Signal: &engine.Letter{}}},
			"a broken one":     {Type: "a", Options: engine.StartOptions{Signal: &engine.Letter{Name: "go", Payload: history.Payload(`{`)}}},
			"many attributes":  {Type: "a", Attributes: many},
			"object attribute": {Type: "a", Attributes: history.Attributes{"x": history.Payload(`{}`)}},
			"null attribute":   {Type: "a", Attributes: history.Attributes{"x": history.Payload(`null`)}},
			"mixed list":       {Type: "a", Attributes: history.Attributes{"x": history.Payload(`["a",1]`)}},
			"infinite float":   {Type: "a", Attributes: history.Attributes{"x": history.Payload(`1e999`)}},
			"long name":        {Type: "a", Attributes: history.Attributes{strings.Repeat("x", 101): history.Payload(`1`)}},
			"bad attribute":    {Type: "a", Attributes: history.Attributes{"x": history.Payload(`nope`)}},
		} {
			if _, _, err := n.Start(background, r); enginetest.CodeOf(err) != "invalid_input" {
				t.Errorf("%s: got %v", name, err)
			}
		}
		_, _, err := n.Start(background, engine.StartRequest{Type: "nobody"})
		refused(t, err, "unknown_workflow_type")
		_, _, err = n.Start(background, engine.StartRequest{Type: "a", Version: "abcdef0123"})
		refused(t, err, "unknown_version")
	})
}

func TestAnOpenIDIsNotStartedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": "def run(ctx, input):\n    ctx.signal(\"go\")\n    return input\n"}))
		first := n.BeginWith(engine.StartRequest{Type: "a", WorkflowID: "one", Input: history.Payload("1")})
		_, _, err := n.Start(background, engine.StartRequest{Type: "a", WorkflowID: "one"})
		var running *fsm.AlreadyRunning
		if refused(t, err, "already_running"); !errors.As(err, &running) || running.RunID != first.RunID {
			t.Fatalf("got %v", err)
		}
		n.Send(first, "go", "")
		n.Await(first)
		second := n.BeginWith(engine.StartRequest{Type: "a", WorkflowID: "one", Input: history.Payload("2")})
		if second.RunID == first.RunID {
			t.Fatal("the second run has the first one's id")
		}
		n.Send(fsm.RunRef{WorkflowID: "one"}, "go", "")
		equal(t, "latest", n.Outcome(fsm.RunRef{WorkflowID: "one"}), "completed 2")
		equal(t, "first", n.Outcome(first), "completed 1")
	})
}

func TestAStartIsRepeatedByItsRequestID(t *testing.T) {
	for fault, again := range map[enginetest.Fault]bool{enginetest.UnknownDone: true, enginetest.UnknownLost: false} {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}))
			n.Log.Inject(func(c fsm.Command) enginetest.Fault {
				if _, ok := c.(*fsm.StartRun); ok {
					return fault
				}
				return enginetest.None
			})
			r := engine.StartRequest{Type: "a", Input: history.Payload("5"), Call: engine.Call{Request: &fsm.Request{ID: "s", Print: catalog.Digest{1}}}}
			_, _, err := n.Start(background, r)
			refused(t, err, "outcome_unknown")
			n.Log.Inject(nil)
			first, a, err := n.Start(background, r)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "deduplicated", a.Deduplicated, again)
			second, a, err := n.Start(background, r)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "deduplicated", a.Deduplicated, true)
			equal(t, "run", *second, *first)
			runs, _, _, err := n.List(background, engine.Read{}, fsm.RunFilter{}, "", 0, "")
			equal(t, "runs", len(runs), 1)
		})
	}
}

const ordered = `{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"items":{"items":{"properties":{"sku":{"type":"string"}}}}}}`

func TestInputsFitTheirSchema(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}, enginetest.InputSchema("a", ordered)))
		for input, pointer := range map[string]string{
			`{}`: "", ``: "", `{"id":"x"}`: "/id", `{"id":1,"items":[{"sku":"a"},{"sku":2}]}`: "/items/1/sku",
		} {
			_, _, err := n.Start(background, engine.StartRequest{Type: "a", Input: history.Payload(input)})
			var violation *schema.Violation
			if refused(t, err, "invalid_input"); !errors.As(err, &violation) || violation.Pointer != pointer {
				t.Errorf("%s: got %v", input, err)
			}
		}
		equal(t, "fits", n.Outcome(n.Begin("a", `{"id":1}`)), `completed {"id":1}`)
	})
}

// movingRoute moves the route of type "a" back and forth between versions just before each of the
// first starts is applied, times times, and counts the starts.
func movingRoute(t *testing.T, n *enginetest.Node, versions []catalog.Version, times int) *int {
	starts := 0
	n.Log.Inject(func(c fsm.Command) enginetest.Fault {
		if _, ok := c.(*fsm.StartRun); !ok {
			return enginetest.None
		}
		if starts++; starts <= times {
			if _, _, err := n.Route(background, engine.Call{}, fsm.RouteType{Type: "a", Version: versions[starts%len(versions)].String()}); err != nil {
				t.Error(err)
			}
		}
		return enginetest.None
	})
	return &starts
}

func TestAMovingRouteIsCheckedAgain(t *testing.T) {
	for _, c := range []struct {
		name, other string
		moves       int
		starts      int
		code        string
	}{
		{"once", `["number","string"]`, 1, 2, ""},
		{"four times", `["number","string"]`, 4, 5, ""},
		{"always", `["number","string"]`, 100, 5, "unavailable"},
		{"to a schema that refuses", `"string"`, 1, 1, "invalid_input"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				other := n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}, enginetest.InputSchema("a", `{"type":`+c.other+`}`)))
				first := n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}, enginetest.InputSchema("a", `{"type":"number"}`)))
				starts := movingRoute(t, n, []catalog.Version{first.Package.Version, other.Package.Version}, c.moves)
				r := engine.StartRequest{Type: "a", Input: history.Payload("1"), Call: engine.Call{Request: &fsm.Request{ID: "s", Print: catalog.Digest{1}}}}
				answer, _, err := n.Start(background, r)
				equal(t, "starts", *starts, c.starts)
				if c.code != "" {
					refused(t, err, c.code)
					runs, _, _, _ := n.List(background, engine.Read{}, fsm.RunFilter{}, "", 0, "")
					equal(t, "runs", len(runs), 0)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "outcome", n.Outcome(fsm.RunRef{WorkflowID: answer.WorkflowID}), "completed 1")
			})
		})
	}
}

func TestAttributesAreListedByValue(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}))
		n.BeginWith(engine.StartRequest{Type: "a", WorkflowID: "w", Attributes: history.Attributes{
			"region": history.Payload(`"\u0065u"`), "n": history.Payload(`1.50`), "tags": history.Payload(`[ "a", "b" ]`), "hot": history.Payload("true"),
		}})
		n.BeginWith(engine.StartRequest{Type: "a", Attributes: history.Attributes{"region": history.Payload(`"us"`)}})
		for _, filter := range []history.Attributes{
			{"region": history.Payload(`"eu"`)}, {"n": history.Payload("1.5")}, {"tags": history.Payload(`["a","b"]`), "hot": history.Payload(" true ")},
		} {
			runs, _, _, err := n.List(background, engine.Read{}, fsm.RunFilter{Attributes: filter}, "", 0, "")
			if err != nil || len(runs) != 1 || runs[0].WorkflowID != "w" {
				t.Errorf("%s: got %d runs, %v", filter, len(runs), err)
			}
		}
	})
}
