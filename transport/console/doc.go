// Package console contains the page that a node shows at its root address: what is loaded and
// routed, what pins it, the newest runs, and deploys as they happen. It is one static file without
// external resources. It gets everything that it shows from the public API, with the reader's own
// token.
//
// Begin with index.html.
package console
