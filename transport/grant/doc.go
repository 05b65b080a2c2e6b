// Package grant says what a caller may do: plain values that are parsed, written and asked.
//
// It decides what a grant means. It never looks at calls, tokens or the state: package transport
// says which grant a route needs, and for which workflow type or queue.
//
// Begin with Set.
package grant
