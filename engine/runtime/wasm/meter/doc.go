// Package meter rewrites WebAssembly modules so that what they compute is counted and bounded,
// alike on every processor.
//
// It decides which modules may run at all (limits, features, structure), and where counters stand:
// the schedule of docs/GUEST.md, which is frozen, because the count of a turn decides where a
// limit ends it. It reads whatever bytes it is given and never panics; what it lets through is
// still to be validated by the compiler, which sees every index as the module wrote it, or one
// that the module could not have written. It never runs a module and knows nothing of what imports
// mean.
//
// Begin with rewrite.go; code.go reads functions, emit.go writes them.
package meter
