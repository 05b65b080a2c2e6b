// Package report makes of the results of runs what people read: RESULTS.md, an HTML page, and one page more for each run. Every figure comes from a result; none is
// written by hand. It decides nothing: verdicts are in the results. Begin with Summary.
package report
