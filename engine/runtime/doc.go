// Package runtime defines how workflow code runs, whatever its language.
//
// It defines the contract between a language and the engine: a Compiler makes a Program from an
// archive, a Program starts Executions, and an Execution runs code from one wait to the next and
// asks its Host for everything that is not computation. It never keeps books: ordinals, futures,
// signals, cancellation and what a turn asked for live in the Host (engine/replay), once for all
// languages. It reads no clock, randomness or environment, and neither may a language: what code
// does follows from its input and from the Host's answers.
//
// Begin with execution.go, then host.go. starlark/ is the first language; runtimetest/ is the suite
// that every language passes.
package runtime
