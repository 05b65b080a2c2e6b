package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
)

// maxText bounds reasons and messages, in bytes.
const maxText = 1 << 10

func tooLong(field string, n int) *catalog.InvalidInput {
	return &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf("has %d bytes, the limit is %d", n, maxText)}
}

// clip bounds a name that a refused command carries, for the record of the refusal.
func clip(name string) string { return name[:min(len(name), 255)] }

// maxWaits is how many of the things that a run waits for are kept for people to see.
const maxWaits = 100
