//go:build race

package vet

// The race detector takes many times the memory of the program: the cage ends the program before it
// has done anything.
const raceDetector = true
