// Package worker is the processes that carry out activities for workloads: real ones, so that they
// can be killed with SIGKILL, frozen, and cut off.
//
// A worker does what its task's input orders (Order), and writes down what it took, did and was
// told in a ledger that it shares with all others: one file, one write for each line. It decides
// nothing about what is right: checkers read ledger and histories. It serves over the protocol by
// hand, so that it can be late, silent and wrong, or through transport/worker, as users do.
//
// The process is this program again: see Process. Begin with Order, then Line, then serve.go.
package worker
