// Package console holds the page that a node shows at its root address: what is loaded and routed,
// what pins it, the newest runs, and deploys as they happen. It is one static file without anything
// from elsewhere; everything that it shows it asks of the public API, with the reader's own token.
//
// Begin with index.html.
package console
