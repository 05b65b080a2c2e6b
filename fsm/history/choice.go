package history

import (
	"fmt"
	"slices"
	"strings"
)

// Choices are stored as numbers and shown as words. A number without a word is a newer node's: it
// is shown as it is, and reads back.

func choiceName(names []string, n uint8) string {
	if int(n) < len(names) {
		return names[n]
	}
	return fmt.Sprint(n)
}

func parseChoice(what string, names []string, word string) (uint8, error) {
	if n := slices.Index(names, word); n >= 0 {
		return uint8(n), nil
	}
	var n uint8
	if _, err := fmt.Sscanf(word, "%d", &n); err == nil && fmt.Sprint(n) == word && int(n) >= len(names) {
		return n, nil
	}
	return 0, fmt.Errorf("%s %q is not one of %s", what, word, strings.Join(names, ", "))
}
