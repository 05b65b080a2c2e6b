// Package gate proves that the suite can fail. It runs a build of the node with planted bugs
// (package bugs), one at a time, under the workloads and faults that should reveal it, until a
// checker finds a violation or the time for the bug is over. The same build without any bug has to
// pass under the same combinations, or a catch would prove nothing. The simulation hunts bugs of
// the state machine, too.
//
// It decides which combinations are tried for which bug. It never decides what a violation is; the
// checkers do. Begin with bugs.go.
package gate
