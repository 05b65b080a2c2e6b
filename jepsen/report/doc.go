// Package report turns the results of runs into what people read: RESULTS.md, and a row for each
// night. Every figure comes from a result; none is written by hand. It decides nothing: verdicts
// are in the results, and details of a run are in its result.json and its history. Begin with
// Summary.
package report
