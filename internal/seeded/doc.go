// Package seeded plants bugs, so that the suite in jepsen/ can prove that it finds them. It decides which one of them is on: none in a normal build, where On
// is a constant that the compiler removes with everything that hangs on it, and with -tags aionbugs the one that the environment variable AION_BUG names.
//
// It never repairs, and nothing but the marked lines in the product asks it. Every bug is one that somebody could have written: a check left out, a lock
// that was thought unnecessary, an answer given too soon. Begin with bugs.go, which lists them; jepsen/gate says which workload has to catch each.
package seeded
