package examples_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestProtocolByHand runs the commands of docs/WORKERS.md that speak the protocol, as they stand,
// but for the address.
func TestProtocolByHand(t *testing.T) {
	text, err := os.ReadFile("../WORKERS.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```sh\n(A=http.*?)```").FindStringSubmatch(string(text))
	if block == nil {
		t.Fatal("WORKERS.md has no block of commands that begins with A=http")
	}
	p := newPlace(t, 1)
	out, err := p.shell(strings.ReplaceAll(block[1], "127.0.0.1:7600", p.addr()))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`"ok":true,"cancel_requested":false`, `"ok":true}`, `"ok":false,"code":"lease_lost"`} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing printed %s:\n%s", want, out)
		}
	}
}
