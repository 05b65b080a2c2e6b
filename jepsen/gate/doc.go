// Package gate proves that the suite can fail: it runs a build of the node in which bugs are
// planted (package bugs), one at a time, under the workloads and faults that ought to show it,
// until a checker finds a violation or the time for the bug is spent. The same build without any
// bug has to pass under the same combinations, or a catch would prove nothing. Bugs of the state
// machine are hunted by the simulation, too.
//
// It decides which combination is tried for which bug, and never what a violation is: that is the
// checkers' business. Begin with bugs.go.
package gate
