// Package runtimetest is the suite that every language passes: what a Program must do when a run's
// history is replayed on it.
//
// It decides by scripts (cases.go): a case describes what its program does, shows it events line by
// line, and lists what each turn must ask for. A language brings one program for each case. The
// suite knows the engine's side of a run only as World plays it: history grows by what turns ask
// for and by the events of the script. After every turn the run is also rebuilt by replay, in one
// piece and cut at every turn.
//
// Begin with cases.go.
package runtimetest
