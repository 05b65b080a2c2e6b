// Package report makes of the results of runs what people read: RESULTS.md and one HTML page. Every figure comes from a result; none is written by hand.
// Begin with Summary.
package report
