package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/internal/jsonvectors"
)

// TestJSONTextsOfTheCommandLine hands every text of the table to a flag, as it is, in a file and on
// standard input. What is JSON is sent as it was written, for the node to judge; what is none ends
// with status 2 before anything is asked.
func TestJSONTextsOfTheCommandLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "input.json")
	for _, text := range jsonvectors.Texts() {
		if err := os.WriteFile(file, []byte(text.Text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, from := range []string{text.Text, "@" + file, "@-", "-"} {
			if from == text.Text && (from == "" || from == "-") {
				continue // nothing, and standard input
			}
			a := &app{in: strings.NewReader(text.Text)}
			got, err := a.jsonFlag("input", from)
			_, isUsage := errors.AsType[*usageError](err)
			if broken := text.Verdict == jsonvectors.Broken; broken != isUsage || !broken && (err != nil || string(got) != text.Text) {
				t.Errorf("%.60q by %.20q: %.60q, %v", text.Text, from, got, err)
			}
		}
	}
}

// A whole command sends what it was given.
func TestJSONTextsAreSentAsTheyAre(t *testing.T) {
	var sent json.RawMessage
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var start struct {
			Input json.RawMessage `json:"input"`
		}
		if err := json.Unmarshal(body, &start); err != nil {
			t.Errorf("sent %.100q: %v", body, err)
		}
		sent = start.Input
		fmt.Fprint(w, `{"workflow_id":"w"}`)
	}))
	defer srv.Close()
	for i, text := range jsonvectors.Texts() {
		if i%10 > 0 {
			continue // each builds the whole tree of commands
		}
		sent = nil
		var out, errs bytes.Buffer
		a := &app{in: strings.NewReader(""), out: &out, err: &errs, environ: func(string) string { return "" }}
		status := a.run(t.Context(), []string{"start", "order", "--addr", srv.URL, "--input=" + text.Text})
		written, _ := json.Marshal(json.RawMessage(text.Text)) // as it is within a body
		if broken := text.Verdict == jsonvectors.Broken; broken && (status != exitUsage || sent != nil) || !broken && (status != 0 || !bytes.Equal(sent, written)) {
			t.Errorf("%.60q: status %d, sent %.60q\n%s", text.Text, status, sent, errs.String())
		}
	}
}
