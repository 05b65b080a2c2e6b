package tracing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"aion.dev/aion/fsm/history"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// traceOf returns the trace of a run: its id. People paste one for the other.
func traceOf(run history.RunID) trace.TraceID { return trace.TraceID(run) }

// rootOf returns the span of a run's beginning, under which its turns and attempts are.
func rootOf(run history.RunID) trace.SpanID { return spanOf("run", run, 0, 0) }

// spanOf returns the span of a thing of a run: a turn, an attempt at a step.
func spanOf(kind string, run history.RunID, id uint64, attempt uint32) (s trace.SpanID) {
	h := sha256.New()
	fmt.Fprintf(h, "aion/span/%s/%x/%d/%d", kind, run[:], id, attempt)
	copy(s[:], h.Sum(nil))
	return s
}

// contextOf returns a place in the trace of a run.
func contextOf(run history.RunID, span trace.SpanID, sampled bool) trace.SpanContext {
	c := trace.SpanContextConfig{TraceID: traceOf(run), SpanID: span}
	if sampled {
		c.TraceFlags = trace.FlagsSampled
	}
	return trace.NewSpanContext(c)
}

// ids makes the ids of spans: what the context says, or random ones.
type ids struct{}

type idKey struct{}

// given are the ids of the next span; a zero trace is that of the parent, or a random one.
type given struct {
	trace trace.TraceID
	span  trace.SpanID
}

func withSpan(ctx context.Context, id trace.SpanID) context.Context {
	return context.WithValue(ctx, idKey{}, given{span: id})
}

// withRoot makes the next span the first one of a run's trace.
func withRoot(ctx context.Context, run history.RunID) context.Context {
	return context.WithValue(ctx, idKey{}, given{traceOf(run), rootOf(run)})
}

// NewIDs implements sdk.IDGenerator.
func (g ids) NewIDs(ctx context.Context) (t trace.TraceID, s trace.SpanID) {
	if want, ok := ctx.Value(idKey{}).(given); ok && want.trace.IsValid() {
		return want.trace, want.span
	}
	rand.Read(t[:])
	return t, g.NewSpanID(ctx, t)
}

// NewSpanID implements sdk.IDGenerator.
func (ids) NewSpanID(ctx context.Context, _ trace.TraceID) (s trace.SpanID) {
	if want, ok := ctx.Value(idKey{}).(given); ok {
		return want.span
	}
	rand.Read(s[:])
	return s
}

// sampler takes a share of all traces. Whether a trace is among them follows from its id, so all
// nodes and terms agree about a run; ids of runs are not random in every bit, hence the hash. A
// caller who samples its own trace gets the spans of its calls.
type sampler struct{ share float64 }

func (s sampler) takes(id trace.TraceID) bool {
	sum := sha256.Sum256(id[:])
	return float64(binary.BigEndian.Uint64(sum[:])>>11)/(1<<53) < s.share
}

// ShouldSample implements sdk.Sampler.
func (s sampler) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	parent := trace.SpanContextFromContext(p.ParentContext)
	r := sdk.SamplingResult{Decision: sdk.Drop, Tracestate: parent.TraceState()}
	if parent.IsValid() && parent.IsSampled() || !parent.IsValid() && s.takes(p.TraceID) {
		r.Decision = sdk.RecordAndSample
	}
	return r
}

// Description implements sdk.Sampler.
func (s sampler) Description() string { return fmt.Sprintf("aion{%g}", s.share) }
