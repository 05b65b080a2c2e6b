package engine_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestScheduleGuide: what docs/SCHEDULES.md shows is what happens.
func TestScheduleGuide(t *testing.T) {
	guide, err := os.ReadFile("../docs/SCHEDULES.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(guide)
	between := func(begin, end string) string {
		t.Helper()
		_, after, ok := strings.Cut(page, begin)
		text, _, closed := strings.Cut(after, end)
		if !ok || !closed {
			t.Fatalf("docs/SCHEDULES.md has lost %q", begin)
		}
		return text
	}
	var body struct {
		ID         string             `json:"schedule_id"`
		Type       string             `json:"type"`
		Input      history.Payload    `json:"input"`
		Cron       string             `json:"cron"`
		Timezone   string             `json:"timezone"`
		Attributes history.Attributes `json:"attributes"`
		Overlap    string             `json:"overlap"`
		CatchUp    string             `json:"catch_up"`
	}
	if err := json.Unmarshal([]byte(between("```json\n", "```")), &body); err != nil {
		t.Fatal(err)
	}
	equal(t, "policies", body.Overlap+" "+body.CatchUp, "skip one") // the defaults
	code := between("```python\n", "```")
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{body.Type: code}))
		put(t, n, rows.Schedule{ID: body.ID, Type: body.Type, Input: body.Input, Cron: body.Cron, Timezone: body.Timezone, Attributes: body.Attributes})
		past(2 * time.Hour)
		equal(t, "outcome", n.Outcome(fsm.RunRef{WorkflowID: body.ID + ":2000-01-01T01:30:00Z"}), `completed "sales of 2000-1-1"`)
	})
}
