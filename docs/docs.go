// Package docs carries the pages of the manual that a running node hands out, to agents.
package docs

import (
	"embed"
	"strings"
)

//go:embed AGENTS.md WORKFLOWS.md TESTING.md PACKAGE.md DETERMINISM.md
var pages embed.FS

// Topics lists the pages.
func Topics() []string { return []string{"agents", "workflows", "testing", "package", "determinism"} }

// Page returns a page by its topic; an empty topic is that of agents.
func Page(topic string) (content []byte, ok bool) {
	if topic == "" {
		topic = "agents"
	}
	content, err := pages.ReadFile(strings.ToUpper(topic) + ".md")
	return content, err == nil && topic == strings.ToLower(topic)
}
