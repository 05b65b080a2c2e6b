// Package auditlog keeps what callers did: one line of JSON for each mutation and each call that
// was turned away, in a file, and from there to a webhook.
//
// It decides how a line looks, when it is on the disk, which files there are and which of their
// lines the webhook has. It never decides what deserves a line, and no caller waits for the
// webhook.
//
// A line is written, by one write to the file, before its caller has the answer; it is synced
// within a second. So whoever kills a process finds the lines of all answers that were given, and
// whoever pulls the plug may miss those of the last second. While a line cannot be written, lines
// wait in memory, and Refuses tells why mutations had better be refused.
package auditlog
