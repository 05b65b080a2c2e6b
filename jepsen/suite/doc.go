// Package suite runs workloads under faults, observes the cluster all the time, has the history
// checked, keeps what explains a failing run, and shrinks its schedule. It decides the verdict of a
// run; reports read its results. Begin with Run.
package suite
