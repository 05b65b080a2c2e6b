package engine_test

import (
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// settledAs runs a workflow to its end. Another leader must reach the same end, and queries and
// another replay must agree with it.
func settledAs(t *testing.T, n *enginetest.Node, ref fsm.RunRef, want string) {
	t.Helper()
	got := n.Outcome(ref)
	if !strings.HasPrefix(got, want) {
		t.Errorf("outcome is %s, want %s", got, want)
	}
	n.Restart()
	if again := n.Outcome(ref); again != got {
		t.Errorf("on another leader the outcome is %s, it was %s", again, got)
	}
	if answer := n.Ask(ref, "alive"); answer != "true" {
		t.Errorf("replayed, the run answers %s", answer)
	}
}

const alive = `
    ctx.on_query("alive", lambda: True)
`

// The input of a child is checked against the schema of the version that the child starts on.
func TestChildrenFitTheirSchema(t *testing.T) {
	for name, c := range map[string]struct{ version, schema, input, want string }{
		"fits":                 {"", `{"required":["a"]}`, `{"a": 1}`, `completed [true,`},
		"does not fit":         {"", `{"required":["a"]}`, `{"b": 1}`, `completed [false,"invalid_input","the input does not fit the schema of \"kid\"`},
		"no input":             {"", `{"type":"object"}`, `None`, `completed [false,"invalid_input"`},
		"routed, fits":         {`, version = "routed"`, `{"type":"string"}`, `""`, `completed [true,`},
		"routed, does not fit": {`, version = "routed"`, `{"type":"string"}`, `0`, `completed [false,"invalid_input"`},
		"a schema of nothing":  {"", `false`, `1`, `completed [false,"invalid_input"`},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				code := enginetest.Code{"w": "def run(ctx, input):" + alive + `
    o = ctx.try_child("kid", ` + c.input + c.version + `)
    return [o.ok, o.error.kind if o.error else None, o.error.message if o.error else None]
`, "kid": echo}
				n.Deploy(enginetest.Pack(t, code, enginetest.InputSchema("kid", c.schema)))
				ref := n.Begin("w", "")
				settledAs(t, n, ref, c.want)
				if strings.Contains(c.want, "false") && !strings.Contains(n.Types(ref), "ChildWorkflowStarted ChildWorkflowFailed") {
					t.Errorf("history is %s", n.Types(ref))
				}
			})
		})
	}
}

// A run continues as new only with an input that fits the next version's schema.
func TestContinuedRunsFitTheirSchema(t *testing.T) {
	const code = "def run(ctx, input):" + alive + `
    if ctx.info.attempt == 1:
        ctx.signal("go")
        ctx.continue_as_new(NEXT)
    return input
`
	for name, c := range map[string]struct{ schema, next, want string }{
		"fits":         {`{"required":["b"]}`, `{"b": 2}`, `completed {"b":2}`},
		"does not fit": {`{"required":["b"]}`, `{"a": 1}`, `failed invalid_input: continue_as_new: the input does not fit the schema of "w"`},
		"stays":        {`{"required":["b"]}`, `{"a": 1}, version = "same"`, `completed {"a":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(enginetest.Pack(t, enginetest.Code{"w": strings.Replace(code, "NEXT", c.next, 1)}, enginetest.InputSchema("w", `{"required":["a"]}`)))
				ref := n.Begin("w", `{"a":1}`)
				n.Deploy(enginetest.Pack(t, enginetest.Code{"w": strings.Replace(code, "NEXT", c.next, 1)}, enginetest.InputSchema("w", c.schema)))
				n.Send(ref, "go", "")
				settledAs(t, n, fsm.RunRef{WorkflowID: ref.WorkflowID}, c.want)
			})
		})
	}
}

// A result that does not fit the output schema fails the run, and its parent sees the failure.
func TestResultsFitTheirSchema(t *testing.T) {
	for name, c := range map[string]struct{ schema, result, want string }{
		"fits":         {`{"type":"integer"}`, `1`, `completed 1`},
		"does not fit": {`{"type":"integer"}`, `"text"`, `failed invalid_output: the result does not fit the output schema of "w"`},
		"deep inside":  {`{"properties":{"a":{"items":{"maximum":9007199254740992}}}}`, `{"a": [1, 9007199254740993]}`, `failed invalid_output: the result at /a/1 does not fit`},
		"nothing":      {`{"type":"object"}`, `None`, `failed invalid_output`},
		"empty text":   {`{"type":"string"}`, `""`, `completed ""`},
		"never":        {`false`, `1`, `failed invalid_output`},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				code := enginetest.Code{"w": "def run(ctx, input):" + alive + "    return " + c.result + "\n", "p": "def run(ctx, input):\n    o = ctx.try_child(\"w\")\n    return o.error.kind if o.error else None\n"}
				n.Deploy(enginetest.Pack(t, code, enginetest.OutputSchema("w", c.schema)))
				settledAs(t, n, n.Begin("w", ""), c.want)
				want := "completed null"
				if strings.HasPrefix(c.want, "failed") {
					want = `completed "` + history.KindInvalidOutput + `"`
				}
				equal(t, "as a child", n.Outcome(n.Begin("p", "")), want)
			})
		})
	}
}
