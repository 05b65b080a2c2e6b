package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/namespace"
)

// checkWorkflowID refuses what history.CheckWorkflowID refuses, in words of its own: a refusal is
// part of the state, and that one's words may get better. Callers hear the better ones, for edges
// look before the log does.
func checkWorkflowID(id string) error {
	id = namespace.Bare(id)
	switch {
	case history.CheckWorkflowID(id) == nil:
		return nil
	case id == "":
		return fmt.Errorf("workflow id is empty")
	case len(id) > history.MaxWorkflowID:
		return fmt.Errorf("workflow id has %d characters, the limit is %d", len(id), history.MaxWorkflowID)
	case id[0] == '.':
		return fmt.Errorf("workflow id %s starts with a dot", catalog.Quote(id))
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == ':', c == '@', c == '-':
		default:
			return fmt.Errorf("workflow id %s has the character %s at position %d; allowed are A-Z a-z 0-9 . _ : @ -", catalog.Quote(id), catalog.QuoteRune(rune(c)), i+1)
		}
	}
	return fmt.Errorf("workflow id %s is not allowed", catalog.Quote(id))
}
