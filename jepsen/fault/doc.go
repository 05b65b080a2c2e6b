// Package fault contains the faults of a cluster under test, one file for each family, and
// schedules of them.
//
// A fault disturbs processes, links, clocks, disks or files from outside, for a while, and undoes
// that. Its seed alone decides when and where, as far as possible; only the current leader is asked
// for. Begin with Fault, then Schedule.
package fault
