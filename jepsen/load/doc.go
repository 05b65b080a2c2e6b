// Package load contains what all workloads are made of: what a client does to a cluster under test
// (Workload), its tools (Env), and what must not be in the history of its answers (Violation). It
// knows no workload; each is a package of its own below, and jepsen/load/all lists them.
//
// A workload only calls the public API, as users do, through links that faults disturb, and records
// every call (its use.go). When the cluster has healed it resolves the unknown outcomes
// (resolve.go). Its checker is a pure function of the recorded history (check.go): it can be run
// again on a saved one, on any machine. It shares no code with what it checks. Begin with Workload.
package load
