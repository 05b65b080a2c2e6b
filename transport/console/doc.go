// Package console contains the pages that a node shows at its root address: the cluster, runs,
// versions, schedules, queues, and what may be done with them. They are static files without
// external resources, served as they are written. They get everything that they show from the
// public API, with the reader's own token.
//
// It decides how the files are served, and under which content security policy. What a page shows
// is decided in app: begin with app/main.js.
package console
