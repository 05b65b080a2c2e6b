// Package runtimetest is the suite that every language passes: what a Program must do when a run's
// history is shown to it.
//
// It decides by scripts (cases.go): a case says in words what its program does, shows it events
// line by line, and says what each turn must ask for. A language brings one program for each case.
// The suite knows the engine's side of a run only as World plays it: history grows by what turns
// ask for and by what the script says happens. After every turn the run is also rebuilt by replay,
// in one piece and cut at every turn.
//
// Begin with cases.go.
package runtimetest
