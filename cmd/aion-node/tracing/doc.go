// Package tracing tells an OpenTelemetry collector what a node does: calls, the entries of the log
// that they wait for, turns of runs, attempts at activities.
//
// It decides what is a span and which of them are sampled. It keeps nothing with a run and adds
// nothing to the log: the trace of a run has the run's id, and spans that others refer to have ids
// that follow from what they are about, so every leader says the same. It never blocks a call:
// spans that the collector does not take are dropped. Begin with tracer.go.
package tracing
