//go:build !race

package vet

const raceDetector = false
