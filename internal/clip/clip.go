// Package clip shortens texts of callers for messages, so that no message grows with what it is
// about. Begin with To.
package clip

import "strings"

// Short cuts what a caller wrote to 80 bytes: enough to recognize it by.
func Short(s string) string { return To(s, 80) }

// To cuts s to at most limit bytes of UTF-8, and shows that it did. limit is at least 3.
func To(s string, limit int) string {
	const dots = "..."
	if len(s) > limit {
		s = s[:limit-len(dots)] + dots
	}
	return strings.ToValidUTF8(s, "")
}
