package tracing

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/hashicorp/go-hclog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says where spans go.
type Config struct {
	Endpoint string  // URL of a collector that takes OTLP over HTTP, without /v1/traces
	Sample   float64 // share of the traces, above 0 to 1
	Node     string
	Version  string
	Logger   hclog.Logger
}

// Tracer implements engine.Tracer and transport.Tracer.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	sampler  sampler
}

// New makes a tracer. Nothing is sent before the first span has ended.
func New(ctx context.Context, cfg Config) (*Tracer, error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(cfg.Endpoint+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("otel.endpoint: %w", err)
	}
	said := time.Time{}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { // called by one goroutine at a time
		if time.Since(said) > time.Minute {
			said = time.Now()
			cfg.Logger.Warn("traces are not taken", "endpoint", cfg.Endpoint, "error", err)
		}
	}))
	return newTracer(cfg, sdk.WithBatcher(exporter)), nil
}

func newTracer(cfg Config, to sdk.TracerProviderOption) *Tracer {
	s := sampler{cfg.Sample}
	about := resource.NewSchemaless(attribute.String("service.name", "aion"), attribute.String("service.instance.id", cfg.Node), attribute.String("service.version", cfg.Version))
	p := sdk.NewTracerProvider(to, sdk.WithResource(about), sdk.WithSampler(s), sdk.WithIDGenerator(ids{}))
	return &Tracer{provider: p, tracer: p.Tracer("aion.dev/aion"), sampler: s}
}

// Close sends what has ended, as long as ctx lasts.
func (t *Tracer) Close(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// Call implements transport.Tracer: it begins the span of a call, under the caller's if it sent
// one.
func (t *Tracer) Call(ctx context.Context, operation string, header http.Header) (context.Context, func(status int)) {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
	ctx, span := t.tracer.Start(ctx, operation, trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func(status int) {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= 500 {
			span.SetStatus(codes.Error, http.StatusText(status))
		}
		span.End()
	}
}

// Entry implements engine.Tracer.
func (t *Tracer) Entry(ctx context.Context, command string) func(index uint64, err error) {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return func(uint64, error) {}
	}
	_, span := t.tracer.Start(ctx, "entry "+command)
	return func(index uint64, err error) {
		span.SetAttributes(attribute.Int64("aion.index", int64(index)))
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// Reached implements engine.Tracer: call and run are linked, in both directions if the call began
// the run.
func (t *Tracer) Reached(ctx context.Context, run history.RunID, workflowID, typ string, started bool, began time.Time) {
	call := trace.SpanFromContext(ctx)
	sampled := t.sampler.takes(traceOf(run))
	if call.IsRecording() {
		call.SetAttributes(ofRun(run, workflowID, typ)...)
		call.AddLink(trace.Link{SpanContext: contextOf(run, rootOf(run), sampled)})
	}
	if !started || !sampled {
		return
	}
	opts := []trace.SpanStartOption{trace.WithTimestamp(began), trace.WithAttributes(ofRun(run, workflowID, typ)...)}
	if from := trace.SpanContextFromContext(ctx); from.IsValid() {
		opts = append(opts, trace.WithLinks(trace.Link{SpanContext: from}))
	}
	t.root(run, typ, opts...)
}

// root tells of the beginning of a run.
func (t *Tracer) root(run history.RunID, typ string, opts ...trace.SpanStartOption) {
	_, span := t.tracer.Start(withRoot(context.Background(), run), "run "+typ, opts...)
	span.End()
}

func ofRun(run history.RunID, workflowID, typ string) []attribute.KeyValue {
	list := []attribute.KeyValue{attribute.String("aion.run_id", run.String())}
	if workflowID != "" {
		list = append(list, attribute.String("aion.workflow_id", workflowID))
	}
	if typ != "" {
		list = append(list, attribute.String("aion.workflow_type", typ))
	}
	return list
}

// span tells of something of a run that has just ended.
func (t *Tracer) span(run history.RunID, id trace.SpanID, name string, began time.Time, attributes ...attribute.KeyValue) trace.Span {
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), contextOf(run, rootOf(run), true))
	_, span := t.tracer.Start(withSpan(ctx, id), name, trace.WithTimestamp(began), trace.WithAttributes(attributes...))
	return span
}

// Turn implements engine.Tracer. The first turn of a run that no call began tells of its beginning.
func (t *Tracer) Turn(at *rows.Run, n uint64, status history.Status, began time.Time) {
	if !t.sampler.takes(traceOf(at.RunID)) {
		return
	}
	if n == 1 && (at.Parent != nil || at.Schedule != "") {
		opts := []trace.SpanStartOption{trace.WithTimestamp(at.StartedAt.Std()), trace.WithAttributes(ofRun(at.RunID, at.WorkflowID, at.Type)...)}
		if p := at.Parent; p != nil {
			opts = append(opts, trace.WithLinks(trace.Link{SpanContext: contextOf(p.RunID, rootOf(p.RunID), t.sampler.takes(traceOf(p.RunID)))}))
		}
		t.root(at.RunID, at.Type, opts...)
	}
	span := t.span(at.RunID, spanOf("turn", at.RunID, n, 0), fmt.Sprintf("turn %d", n), began,
		append(ofRun(at.RunID, at.WorkflowID, at.Type), attribute.String("aion.status", status.String()))...)
	if status == history.StatusFailed || status == history.StatusTimedOut {
		span.SetStatus(codes.Error, status.String())
	}
	span.End()
}

// Attempt implements engine.Tracer.
func (t *Tracer) Attempt(a fsm.TaskToken, activity, outcome string, began time.Time) {
	if !t.sampler.takes(traceOf(a.RunID)) {
		return
	}
	span := t.span(a.RunID, spanOf("attempt", a.RunID, a.ID, a.Attempt), "activity "+activity, began, attribute.String("aion.run_id", a.RunID.String()),
		attribute.Int64("aion.activity_id", int64(a.ID)), attribute.Int64("aion.attempt", int64(a.Attempt)))
	if outcome != "completed" {
		span.SetStatus(codes.Error, outcome)
	}
	span.End()
}

// Traceparent implements engine.Tracer: what the worker does is under its attempt.
func (t *Tracer) Traceparent(a fsm.TaskToken) string {
	c := contextOf(a.RunID, spanOf("attempt", a.RunID, a.ID, a.Attempt), t.sampler.takes(traceOf(a.RunID)))
	return fmt.Sprintf("00-%s-%s-%s", c.TraceID(), c.SpanID(), c.TraceFlags())
}
