package wasm

import (
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"testing"

	"aion.dev/aion/fsm/history"
)

// TestVectors reads the records that docs/GUEST.md shows as bytes.
func TestVectors(t *testing.T) {
	page, err := os.ReadFile("../../../docs/GUEST.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(page), "## A guest without SDK")
	want := map[string]record{
		"timer of 1s":                      record(nil).number(1, 1e9),
		"signal `a`, with a timeout of 1s": record(nil).text(1, "a").number(2, 1e9),
		"activity `pay` with input `5`, tried at most 3 times": record(nil).text(1, "pay").payload(3, history.Payload("5")).number(20, 3),
		"error of kind `failed`, `no`, of future 7":            errorRecord(&history.RunError{Kind: "failed", Message: "no"}, 7),
	}
	for _, row := range regexp.MustCompile("(?m)^\\| (.*) \\| `([0-9a-f ]+)` \\|$").FindAllStringSubmatch(rows, -1) {
		b, err := hex.DecodeString(strings.ReplaceAll(row[2], " ", ""))
		if r, ok := want[row[1]]; err != nil || !ok || string(r) != string(b) {
			t.Errorf("%s: the page has %x, the room %x (%v)", row[1], b, r, err)
		}
		delete(want, row[1])
	}
	for left := range want {
		t.Errorf("the page has no %s", left)
	}
}
