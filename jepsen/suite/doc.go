// Package suite runs workloads under faults, watches the cluster all the while, has the history
// checked, keeps what a failing run needs to be understood, and shrinks its schedule. It decides
// the verdict of a run; reports read its results. Begin with Run.
package suite
