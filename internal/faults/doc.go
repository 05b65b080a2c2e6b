// Package faults makes a node's clock and disk misbehave, so that the suite in jepsen/ can test how
// the node copes. In a normal build every function here returns its argument, and the compiler
// removes it. With -tags aionfaults a node reads a file, named by the environment variable
// AION_FAULTS, every 20 milliseconds, and injects the faults of the Control in it. Such a build
// runs on Linux.
//
// It does not decide when a fault occurs, or where: the suite writes the file. Only marked lines in
// cluster/ call it. Begin with Control.
package faults
