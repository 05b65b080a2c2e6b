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
