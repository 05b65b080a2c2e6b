// Package worker runs the processes that execute activities for workloads: real ones, so that they
// can be killed with SIGKILL, frozen, and cut off.
//
// A worker does what its task's input orders (Order), and records what it received, did and was
// told in a ledger that all workers share: one file, one write for each line. It does not decide
// what is right: checkers compare the ledger with the histories. It speaks the protocol by hand, so
// that it can be late, silent and wrong, or uses transport/worker, as users do.
//
// The process is this program again: see Process. Begin with Order, then Line, then serve.go.
package worker
