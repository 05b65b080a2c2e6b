package node

import (
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/wire"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// spans is a collector that keeps what it is sent.
type spans struct {
	mu  sync.Mutex // guards all
	all []*otlp.Span
}

func (s *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	b, _ := io.ReadAll(body)
	var sent collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(b, &sent); err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, r.URL.Path, http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range sent.ResourceSpans {
		for _, scope := range of.ScopeSpans {
			s.all = append(s.all, scope.Spans...)
		}
	}
}

// TestTraces: a call that comes with a traceparent, the run that it starts, the run's turns and the
// attempt at its activity, of which the worker is told.
func TestTraces(t *testing.T) {
	var told spans
	receiver := httptest.NewServer(&told)
	defer receiver.Close()
	defer http.DefaultClient.CloseIdleConnections()
	cfg := settings(t)
	cfg.Otel.Endpoint, cfg.Otel.Sample = receiver.URL+"/", "1"
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, stop := boot(t, cfg)
	code, err := catalog.Write(catalog.Manifest{
		Format: catalog.Format, ABI: catalog.ABI, Activities: []string{"charge"},
		Workflows: []catalog.Workflow{{Type: "w", EntryModule: "w", EntryFunction: "run"}},
	}, []catalog.Module{{Name: "w.star", Source: []byte("def run(ctx, input):\n    return ctx.activity(\"charge\", None)\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(t.Context(), code, wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	const traceID, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	req, err := http.NewRequest(http.MethodPost, "http://"+cfg.HTTP.Address+"/v1/workflows", strings.NewReader(`{"type":"w","workflow_id":"one"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("traceparent", "00-"+traceID+"-"+parent+"-01")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	var started wire.StartAnswer
	if err := json.NewDecoder(resp.Body).Decode(&started); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatal(resp.Status, err)
	}
	resp.Body.Close()
	tasks, err := c.Poll(t.Context(), "default", wire.PollRequest{WorkerID: "me", Activities: []string{"charge"}, Wait: "5s"})
	if err != nil || len(tasks.Tasks) != 1 {
		t.Fatal(tasks, err)
	}
	run := strings.ReplaceAll(started.RunID, "-", "")
	tp := strings.Split(tasks.Tasks[0].Traceparent, "-")
	if len(tp) != 4 || tp[0] != "00" || tp[1] != run || len(tp[2]) != 16 || tp[3] != "01" {
		t.Fatalf("the worker is told of %v; the run is %s", tp, run)
	}
	if _, err := c.CompleteTasks(t.Context(), wire.CompleteRequest{Results: []wire.TaskCompletion{{Token: tasks.Tasks[0].Token, Output: json.RawMessage("1")}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Result(t.Context(), wire.RunRef{WorkflowID: "one"}, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	byName := map[string]*otlp.Span{}
	told.mu.Lock()
	for _, s := range told.all {
		if at := hex.EncodeToString(s.TraceId); at == run || at == traceID {
			byName[s.Name] = s
		}
	}
	told.mu.Unlock()
	have := slices.Sorted(maps.Keys(byName))
	for _, name := range []string{"start", "entry StartRun", "run w", "turn 1", "turn 2", "activity charge"} {
		if byName[name] == nil {
			t.Fatalf("there is no span %q among %v", name, have)
		}
	}
	id := func(b []byte) string { return hex.EncodeToString(b) }
	call, root := byName["start"], byName["run w"]
	if id(call.TraceId) != traceID || id(call.ParentSpanId) != parent {
		t.Errorf("the call is in trace %x under %x", call.TraceId, call.ParentSpanId)
	}
	if id(byName["entry StartRun"].ParentSpanId) != id(call.SpanId) {
		t.Error("the entry is not under the call")
	}
	if id(root.TraceId) != run || len(root.ParentSpanId) != 0 || len(root.Links) != 1 || id(root.Links[0].SpanId) != id(call.SpanId) {
		t.Errorf("the run begins with %v", root)
	}
	if len(call.Links) != 1 || id(call.Links[0].TraceId) != run || id(call.Links[0].SpanId) != id(root.SpanId) {
		t.Errorf("the call is linked to %v", call.Links)
	}
	for _, name := range []string{"turn 1", "turn 2", "activity charge"} {
		if s := byName[name]; id(s.TraceId) != run || id(s.ParentSpanId) != id(root.SpanId) || s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Errorf("%s is %v", name, s)
		}
	}
	if id(byName["activity charge"].SpanId) != tp[2] {
		t.Errorf("the worker was told of another span than %x", byName["activity charge"].SpanId)
	}
}
