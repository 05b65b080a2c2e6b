//go:build race

package vet

// raceDetector takes many times the memory of the program: the cage ends it before the program has
// done anything.
const raceDetector = true
