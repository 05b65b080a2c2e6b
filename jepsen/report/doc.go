// Package report makes of the results of runs what people read: RESULTS.md, and a row for each
// night. Every figure comes from a result; none is written by hand. It decides nothing: verdicts
// are in the results, and what one run did is in its result.json and its history. Begin with
// Summary.
package report
