// Package load is what clients do to a cluster under test, and what must hold of what they were told: one file for each workload, with its checker in a file
// beside it.
//
// A workload only calls the public API, as users do, through links that faults spoil, and records every call. A checker is a pure function of the recorded
// history: it can be run again on a saved one, on any machine. It shares no code with what it checks. Begin with Workload.
package load
