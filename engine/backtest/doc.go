// Package backtest replays recorded histories on code that they were not made by, and reports where
// it would have done something else.
//
// It decides what became of a history on a candidate (a verdict), which histories are taken, and at
// what share of the machine. It reads one view of the state, proposes nothing, and executes nothing
// but the candidate's code: timers, signals, children and outcomes come from the history.
//
// Begin with candidate.go (one history), then trial.go (all of them).
package backtest
