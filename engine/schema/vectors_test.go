package schema

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSchemaVectors holds schemas to what JSON Schema 2020-12 says of values, through what a deploy
// compiles them with and what checks inputs and results. testdata has the vectors, a line each:
//
//	schema TEXT           the schema of the lines below
//	fits VALUE            it takes the value
//	not [/POINTER] VALUE  it does not; the first flaw is at the pointer
//	refused-value VALUE   it does not even look at the value
//	refused TEXT WORDS    a deploy refuses the schema, in these words among others
func TestSchemaVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	schemas, values, refusals := 0, 0, 0
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var s *Schema
		var text string
		lines := bufio.NewScanner(f)
		for n := 1; lines.Scan(); n++ {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			wrong := func(format string, args ...any) {
				t.Helper()
				t.Errorf("%s:%d: %s: "+format, append([]any{filepath.Base(path), n, rest}, args...)...)
			}
			switch word {
			case "", "#":
			case "schema":
				schemas++
				if s, err = CompileNew([]byte(rest), DefaultPatterns); err != nil {
					t.Fatalf("%s:%d: %v", path, n, err)
				}
				text = rest
			case "fits":
				values++
				if at, reason, err := s.Check(t.Context(), []byte(rest)); err != nil || reason != "" {
					wrong("does not fit %s: %q %s %v", text, at, reason, err)
				}
			case "not":
				values++
				want := ""
				if strings.HasPrefix(rest, "/") {
					want, rest, _ = strings.Cut(rest, " ")
				}
				at, reason, err := s.Check(t.Context(), []byte(rest))
				if err != nil || reason == "" || want != "" && at != want {
					wrong("against %s: got %q %q %v, want a flaw at %q", text, at, reason, err, want)
				}
			case "refused-value":
				values++
				if _, reason, _ := s.Check(t.Context(), []byte(rest)); !strings.Contains(reason, "beyond what 64-bit floats hold") {
					wrong("got %q", reason)
				}
			case "refused":
				refusals++
				end := endOf(rest)
				want := strings.TrimSpace(rest[end:])
				_, err := CompileNew([]byte(rest[:end]), DefaultPatterns)
				if err == nil || want == "" || !strings.Contains(err.Error(), want) {
					wrong("got %v", err)
				}
			default:
				t.Fatalf("%s:%d: what is %q?", path, n, word)
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("vectors: %d schemas, %d values, %d refusals", schemas, values, refusals)
	if schemas < 228 || values < 658 || refusals < 82 {
		t.Errorf("vectors are missing: %d schemas, %d values, %d refusals", schemas, values, refusals)
	}
}

// endOf returns where the JSON value at the start of a line ends.
func endOf(line string) int {
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return 0
	}
	return int(d.InputOffset())
}

// A schema that was loaded when relative references counted as references to the schema itself
// keeps that meaning.
func TestLoadedSchemasKeepTheirReferences(t *testing.T) {
	s, err := Compile([]byte(`{"type":"object","properties":{"a":{"$ref":"address.json"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if at, reason, _ := s.Check(t.Context(), []byte(`{"a":1}`)); at != "/a" || reason == "" {
		t.Errorf("got %q at %q", reason, at)
	}
}
