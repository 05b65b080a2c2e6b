package transport_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

// lines calls f with each line of a file.
func lines(t *testing.T, file string, f func(line string)) {
	t.Helper()
	r, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		f(scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
}

// TestOpenAPIHistoryEvents: the golden events of every type match the document.
func TestOpenAPIHistoryEvents(t *testing.T) {
	seen := 0
	lines(t, "../fsm/history/testdata/events.txt", func(line string) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, `{"seq"`) {
			return
		}
		seen++
		if err := description().check("/components/schemas/Event", []byte(line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	})
	if seen < 26 {
		t.Errorf("only %d events", seen)
	}
	for _, wrong := range []string{
		`{"seq":1,"at":"2026-01-02T03:04:05Z","type":"Nothing","data":{}}`,
		`{"seq":1,"at":"2026-01-02T03:04:05Z","type":"TimerFired","data":{"id":"one"}}`,
		`{"seq":1,"at":"yesterday","type":"TimerFired","data":{"id":1}}`,
		`{"seq":1,"at":"2026-01-02T03:04:05Z","type":"TimerFired"}`,
	} {
		if err := description().check("/components/schemas/Event", []byte(wrong)); err == nil {
			t.Errorf("%s is an event", wrong)
		}
	}
}

// TestOpenAPIStreamEvents: so do the golden events of the feed that have all their members.
func TestOpenAPIStreamEvents(t *testing.T) {
	names := map[string]string{
		"packageLoaded": "PackageLoaded", "routeChanged": "RouteChanged", "versionUnloaded": "VersionUnloaded", "deployRefused": "DeployRefused",
		"readinessChanged": "VersionReadinessChanged", "leaderChanged": "LeaderChanged", "memberChanged": "MemberChanged", "workflowClosed": "WorkflowClosed",
	}
	seen := map[string]bool{}
	lines(t, "../fsm/testdata/feed.golden", func(line string) {
		if strings.Contains(line, `"workflow_types":null`) { // an event without content: real events differ
			return
		}
		kind, data, _ := strings.Cut(strings.TrimPrefix(line, "fsm."), " ")
		event := fmt.Sprintf(`{"event":%q,"data":%s}`, names[kind], data)
		seen[names[kind]] = true
		if err := description().check("/components/schemas/StreamEvent", []byte(event)); err != nil {
			t.Errorf("%s: %v", event, err)
		}
	})
	if len(seen) != len(names) {
		t.Errorf("seen %v", seen)
	}
	if err := description().check("/components/schemas/StreamEvent", []byte(`{"event":"LeaderChanged","data":{"node":5}}`)); err == nil {
		t.Error("a node that is a number")
	}
}
