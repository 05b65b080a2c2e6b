// Package fault is what goes wrong in a cluster under test: one file for each family of faults, and
// schedules of them.
//
// A fault does something to processes, links, clocks, disks or files from outside, for a while, and
// undoes it. It decides when and to whom from its seed alone, as far as that can be: who leads is
// asked. Begin with Fault, then Schedule.
package fault
