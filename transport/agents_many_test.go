package transport_test

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// TestAgentsMany: an agent asks a run for something, counts runs and deals with them, stops a type
// and lifts that.
func TestAgentsMany(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1").lead()
	s := agent(t, h, "")
	did := func(s *mcp.ClientSession, tool string, args map[string]any, wants string) map[string]any {
		t.Helper()
		got, failed := use(t, s, tool, args)
		if text := fmt.Sprint(got); failed || !strings.Contains(text, wants) {
			t.Fatalf("%s %v: %s, failed %v; want %q", tool, args, text, failed, wants)
		}
		return got.(map[string]any)
	}
	did(s, "deploy", with(projectOf("ctx.on_update(\"double\", lambda n: 2 * n)\n    return ctx.signal(\"go\")"), "route", true), "order")
	for i := range 3 {
		did(s, "start_run", map[string]any{"type": "order", "workflow_id": fmt.Sprint("o", i)}, "run_id")
	}
	did(s, "update_run", map[string]any{"workflow_id": "o0", "name": "double", "args": 21, "update_id": "u", "wait": "30s"}, "result:42")
	did(s, "update_state", map[string]any{"workflow_id": "o0", "update_id": "u"}, "completed")
	b := did(s, "start_batch", map[string]any{"operation": "signal", "signal": "go", "payload": 1, "where": []any{"type=order"}, "dry_run": true, "rate": 5}, "batch_id")
	did(s, "describe_batch", map[string]any{"batch_id": b["batch_id"]}, "dry_run:true")
	did(s, "list_batches", map[string]any{}, fmt.Sprint(b["batch_id"]))
	did(s, "stop_batch", map[string]any{"batch_id": b["batch_id"]}, "batch_id")
	b = did(s, "start_batch", map[string]any{"operation": "reset", "point": "start", "where": []any{"id=o0"}, "reason": "again", "dry_run": false}, "batch_id")
	did(s, "describe_batch", map[string]any{"batch_id": b["batch_id"]}, "point:start")

	did(s, "stop", map[string]any{"type": "order", "reason": "enough"}, "changed:true")
	did(s, "list_stops", map[string]any{}, "enough")
	if got, failed := use(t, s, "start_run", map[string]any{"type": "order"}); !failed || !strings.Contains(fmt.Sprint(got), "code:stopped") {
		t.Errorf("a start of what is stopped: %v", got)
	}
	did(s, "unstop", map[string]any{"type": "order", "resume": true}, "changed:true")
	did(s, "start_run", map[string]any{"type": "order"}, "run_id")
	if got, failed := use(t, s, "stop", map[string]any{}); !failed || !strings.Contains(fmt.Sprint(got), "needed, and not both") {
		t.Errorf("a stop of nothing: %v", got)
	}
}

// TestAgentsStart: an agent says what a start does about the run that is open, or was, and how
// often a run is tried.
func TestAgentsStart(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1").lead()
	s := agent(t, h, "")
	start := func(tool string, args map[string]any, wants ...string) {
		t.Helper()
		got, _ := use(t, s, tool, args)
		for _, want := range wants {
			if text := fmt.Sprint(got); !strings.Contains(text, want) {
				t.Fatalf("%v: %s, want %q", args, text, want)
			}
		}
	}
	if got, failed := use(t, s, "deploy", with(projectOf("return ctx.signal(\"go\")"), "route", true)); failed {
		t.Fatal(got)
	}
	add := map[string]any{"name": "add", "payload": map[string]any{"sku": "a-1"}}
	start("start_run", map[string]any{"type": "order", "workflow_id": "o", "signal": add, "if_open": "signal", "attributes": map[string]any{"n": 1}}, "outcome:started")
	start("start_run", map[string]any{"type": "order", "workflow_id": "o", "signal": add, "if_open": "signal"}, "outcome:signalled")
	start("run_history", map[string]any{"workflow_id": "o"}, "SignalReceived", "sku:a-1")
	start("start_run", map[string]any{"type": "order", "workflow_id": "o", "if_open": "terminate", "timeout": "5s"}, "terminated_run_id")
	start("start_run", map[string]any{"type": "order", "workflow_id": "d", "delay": "1h", "if_closed": "refuse", "chain_timeout": "3h",
		"retry": map[string]any{"max_attempts": 3, "backoff": "2s", "factor": 1.5, "max_backoff": "9s", "non_retryable": []any{"bad"}}}, "begins_at")
	start("describe_run", map[string]any{"workflow_id": "d"}, "max_attempts:3", "max_backoff:9s", "chain_timeout:3h", "non_retryable:[bad]")
	start("start_run", map[string]any{"type": "order", "retry": map[string]any{"factor": 0.5}}, "invalid_input")
	start("run", with(with(projectOf("fail(\"always\")"), "retry", map[string]any{"max_attempts": 2, "backoff": "1ms"}), "wait", "30s"), "status:failed")
}
