// Package jepsen is the suite that tries to break a cluster: real processes, real faults, recorded
// histories, independent checkers, a report. README.md explains how to run it and what it has
// found. The only code here is the short form that CI runs; begin with suite.
package jepsen
