// Package clip shortens callers' texts for messages, so that a message does not grow with its
// subject. Begin with To.
package clip

import "strings"

// Short cuts a caller's text to 80 bytes, enough to recognize it.
func Short(s string) string { return To(s, 80) }

// To cuts s to at most limit bytes of valid UTF-8, and marks the cut. limit is at least 3.
func To(s string, limit int) string {
	const dots = "..."
	if len(s) > limit {
		s = s[:limit-len(dots)] + dots
	}
	return strings.ToValidUTF8(s, "")
}
