package tracing

import (
	"context"
	"testing"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// TestLeadersAgree: two nodes name the same spans alike, and sample the same runs.
func TestLeadersAgree(t *testing.T) {
	tracer := func() (*Tracer, *tracetest.InMemoryExporter) {
		out := tracetest.NewInMemoryExporter()
		return newTracer(Config{Sample: 0.25, Node: "n"}, sdk.WithSyncer(out)), out
	}
	a, outA := tracer()
	b, outB := tracer()
	sampled := 0
	for i := range 2000 {
		run := history.RunID{1, 2, byte(i), byte(i >> 8), 7: 0x70, 8: 0x80}
		at := &rows.Run{RunID: run, WorkflowID: "w", Type: "t", Parent: &history.Parent{RunID: history.RunID{9}}}
		token := fsm.TaskToken{RunID: run, ID: 3, Attempt: 2}
		for _, tr := range []*Tracer{a, b} {
			tr.Turn(at, 1, history.StatusFailed, time.Now())
			tr.Attempt(token, "charge", "failed", time.Now())
		}
		if a.Traceparent(token) != b.Traceparent(token) {
			t.Fatalf("%s and %s", a.Traceparent(token), b.Traceparent(token))
		}
		if a.sampler.takes(traceOf(run)) {
			sampled++
		}
	}
	if sampled < 400 || sampled > 600 {
		t.Errorf("%d of 2000 runs are sampled", sampled)
	}
	one, two := outA.GetSpans(), outB.GetSpans()
	if len(one) != 3*sampled || len(two) != len(one) {
		t.Fatalf("%d and %d spans of %d runs", len(one), len(two), sampled)
	}
	for i := range one {
		if one[i].SpanContext.SpanID() != two[i].SpanContext.SpanID() || one[i].SpanContext.TraceID() != two[i].SpanContext.TraceID() || one[i].Name != two[i].Name {
			t.Fatalf("span %d is %v here and %v there", i, one[i].SpanContext, two[i].SpanContext)
		}
	}
}

// TestUnsampledCallsAreNotRecorded: a call that nobody samples has no entry, and a run is linked to
// nothing.
func TestUnsampledCallsAreNotRecorded(t *testing.T) {
	out := tracetest.NewInMemoryExporter()
	tr := newTracer(Config{Sample: 1e-12}, sdk.WithSyncer(out))
	for i := range 100 {
		ctx, end := tr.Call(context.Background(), "start", nil)
		tr.Entry(ctx, "StartRun")(1, nil)
		tr.Reached(ctx, history.RunID{byte(i)}, "w", "t", true, time.Now())
		end(201)
	}
	if got := out.GetSpans(); len(got) != 0 {
		t.Errorf("%d spans", len(got))
	}
}
