// Package faults lets a node be lied to by its clock and its disk, so that the suite in jepsen/ can
// see what it makes of that. In a normal build every function here returns what it was given, and
// the compiler removes it. With -tags aionfaults a node reads a file, named by the environment
// variable AION_FAULTS, every 20 milliseconds, and does what the Control in it says. Such a build
// runs on Linux.
//
// It decides nothing about when and to whom: the suite writes the file. Nothing but marked lines in
// cluster/ asks it. Begin with Control.
package faults
