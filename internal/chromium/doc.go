// Package chromium drives a headless Chromium for tests.
//
// It speaks the browser's own protocol over two pipes, so it needs no library: a message is JSON
// with a zero byte behind it. It decides nothing about pages; it opens them, evaluates scripts in
// them, presses keys, and takes pictures. What a page logs as an error is kept, for tests to fail
// with.
//
// Begin with browser.go.
package chromium
