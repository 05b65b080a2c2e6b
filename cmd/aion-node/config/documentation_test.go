package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/CONFIGURATION.md")

// docs/CONFIGURATION.md lists every key of the code.
func TestDocumentation(t *testing.T) {
	const path, end = "../../../docs/CONFIGURATION.md", "<!-- end -->"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin := "-update -->\n"
	before, rest, ok := strings.Cut(string(content), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has lost the markers of its table", path)
	}
	want := before + begin + keyTable() + end + after
	if string(content) == want {
		return
	}
	if !*update {
		t.Fatalf("%s does not list the keys as the code has them; run: go test ./cmd/aion-node/config -run TestDocumentation -update", path)
	}
	if err := os.WriteFile(path, []byte(want), 0o666); err != nil {
		t.Fatal(err)
	}
}

func keyTable() string {
	var b strings.Builder
	section := ""
	for _, k := range Keys() {
		if s, _, _ := strings.Cut(k.Name, "."); s != section {
			section = s
			b.WriteString("\n| key | flag | kind | default | |\n|---|---|---|---|---|\n")
		}
		value := ""
		if k.Default != "" {
			value = "`" + k.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `--%s` | %s | %s | %s |\n", k.Name, k.Flag(), k.Kind(), value, k.Help)
	}
	return b.String() + "\n"
}

// TestEveryKeyHasHelp: help texts, and the page, have nothing else to say about a key.
func TestEveryKeyHasHelp(t *testing.T) {
	for _, k := range Keys() {
		if k.Help == "" {
			t.Errorf("%s has no help tag in config.go", k.Name)
		}
	}
}
