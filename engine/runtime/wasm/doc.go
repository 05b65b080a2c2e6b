// Package wasm runs workflow code that is WebAssembly: the room of docs/GUEST.md.
//
// It decides how a guest lives: which modules may run, from which memory a run starts, how long a
// turn may compute, when memory is kept, parked as the words that differ from the start, or given
// to the next run, and what a guest's calls mean to its runtime.Host. It never keeps books of
// futures, signals or cancellation, which is the Host's work for all languages, and never gives a
// guest anything of the machine: no clock, no randomness, no files. What code does follows from
// its input and from the Host's answers, on every processor, compiled or interpreted.
//
// A guest is compiled once for the whole node, however many packages carry it. Its memory after
// _initialize is the image, from which each run starts. Runs borrow an instance for a turn.
//
// A guest may be a script: then driver.go plays the guest on behalf of its interpreter.
//
// Begin with room.go, then turn.go and calls.go; for scripts with script.go, then driver.go and
// scriptcalls.go. meter/ counts what guests compute.
package wasm
