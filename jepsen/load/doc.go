// Package load is what all workloads are made of: what a client does to a cluster under test
// (Workload), what it works with (Env), and what must not be in the history of what it was told
// (Violation). It knows no workload; each is a package of its own below, and the table of them is
// in jepsen/load/all.
//
// A workload only calls the public API, as users do, through links that faults spoil, and records
// every call (its use.go). When the cluster has healed it finds out what came of them (settle.go).
// Its checker is a pure function of the recorded history (check.go): it can be run again on a
// saved one, on any machine. It shares no code with what it checks. Begin with Workload.
package load
