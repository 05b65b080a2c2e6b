package transport_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
)

// TestAPIDocs makes every call in docs/API.md. The state machine may refuse some, because nothing
// has created what they need; but the API must know all of them.
func TestAPIDocs(t *testing.T) {
	b, err := os.ReadFile("../docs/API.md")
	if err != nil {
		t.Fatal(err)
	}
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1").lead()
	archive := enginetest.Pack(t, waiting("1"))
	pkg := n.Deploy(archive).Package
	version, blob := pkg.Version.String(), pkg.Blob.String()
	operations := map[string]bool{}
	for i, line := range strings.Split(string(b), "\n") {
		if !strings.HasPrefix(line, "call ") {
			continue
		}
		n.Deploy(archive) // whatever the previous line did
		c, err := parseCurl(strings.NewReplacer("$V1", version[:8], "$V2", version, "$ARCHIVE", blob, "$TOKEN", "TOKEN", "wait=30s", "wait=1ms", "wait=2s", "wait=1ms", "wait=1s", "wait=1ms",
			`"wait":"30s"`, `"wait":"0s"`, "$(date -u +%FT%TZ)", "2026-11-28T12:00:00Z", " || true", "").Replace(line))
		if err != nil {
			t.Errorf("line %d: %v", i+1, err)
			continue
		}
		if c.file != "" {
			c.body = string(archive)
		}
		r := h.send(t, c.method, c.path, c.body, c.headers...)
		operations[c.method+" "+strings.Split(c.path, "?")[0]] = true
		if r.status < 300 {
			continue
		}
		p := r.problem(t)
		_, nowhere := p.Facts["path"]
		if nowhere || r.status >= 500 && p.Code != "unavailable" || p.Code == "invalid_input" || p.Code == "method_not_allowed" {
			t.Errorf("line %d: %s\n%s %s: %v", i+1, line, c.method, c.path, p)
		}
	}
	if len(operations) < 40 {
		t.Errorf("only %d calls were found in it", len(operations))
	}
}

// curl is a call in the notation of the documents.
type curl struct {
	method, path, body, file string
	headers                  []string
}

func parseCurl(line string) (c curl, err error) {
	words, err := shellWords(line)
	if err != nil {
		return c, err
	}
	for i := 1; i < len(words); i++ {
		word := words[i]
		next := func() string {
			if i++; i < len(words) {
				return words[i]
			}
			return ""
		}
		switch {
		case word == "-X":
			c.method = next()
		case word == "-H":
			c.headers = append(c.headers, next())
		case word == "-d":
			c.body = next()
		case word == "--data-binary":
			c.file = next()
		case word == "-o":
			next()
		case strings.HasPrefix(word, "$A/"):
			c.path = strings.TrimPrefix(word, "$A")
		default:
			return c, fmt.Errorf("curl %s is not understood here", word)
		}
	}
	switch {
	case c.method != "":
	case c.body != "" || c.file != "":
		c.method = http.MethodPost
	default:
		c.method = http.MethodGet
	}
	return c, nil
}

// shellWords splits a line as a shell does, as far as the documents need it: quotes, even in the
// middle of a word, and a comment at the end.
func shellWords(line string) (words []string, err error) {
	var word strings.Builder
	inside, quote := false, byte(0)
	for i := range len(line) {
		switch c := line[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '"' || c == '\'':
			quote, inside = c, true
		case c == ' ':
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		case c == '#' && !inside:
			return words, nil
		default:
			inside = true
			word.WriteByte(c)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote without end: %s", line)
	}
	if inside {
		words = append(words, word.String())
	}
	return words, nil
}
