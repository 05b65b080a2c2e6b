package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport/wire"
)

// answered runs a command line against a server that answers every call with one handler.
func answered(t *testing.T, h http.HandlerFunc, args ...string) (status int, out, errs string) {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	var o, e bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &o, err: &e, environ: func(string) string { return "" }, patience: 20 * time.Millisecond}
	status = a.run(t.Context(), append(args, "--addr", srv.URL))
	return status, o.String(), e.String()
}

func problem(p *wire.Problem) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", wire.ProblemType)
		w.WriteHeader(p.Status)
		_ = json.NewEncoder(w).Encode(p)
	}
}

func cut(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }

// The outcome decides the exit status.
func TestExitStatusTellsTheOutcome(t *testing.T) {
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		args    []string
		want    int
		code    string
	}{
		"refused":                       {problem(wire.New("already_running", "x")), []string{"start", "w"}, exitRefused, "already_running"},
		"did not happen":                {problem(wire.New("no_leader", "x")), []string{"start", "w"}, exitRefused, "no_leader"},
		"unknown":                       {problem(wire.New("outcome_unknown", "x")), []string{"start", "w"}, exitUnknown, "outcome_unknown"},
		"connection lost in a mutation": {cut, []string{"start", "w"}, exitUnknown, "outcome_unknown"},
		"connection lost in a read":     {cut, []string{"versions"}, exitRefused, "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := answered(t, tt.handler, tt.args...)
			if status != tt.want || !strings.HasPrefix(errs, "error["+tt.code+"]: ") || out != "" {
				t.Errorf("status %d, stdout %q, stderr %q", status, out, errs)
			}
		})
	}
}

// With --json the problem is the one document, with the request id for repeating the call.
func TestUnknownOutcomeNamesTheRequestID(t *testing.T) {
	status, out, errs := answered(t, cut, "start", "w", "--request-id", "mine", "--json")
	var p wire.Problem
	if err := json.Unmarshal([]byte(out), &p); err != nil || status != exitUnknown {
		t.Fatalf("status %d, %v: %s", status, err, out)
	}
	var id string
	if !p.Fact("request_id", &id) || id != "mine" || p.Outcome != wire.Unknown {
		t.Errorf("problem is %s", out)
	}
	if !strings.Contains(errs, "hint: ") {
		t.Errorf("stderr is %q", errs)
	}
}

// A person gets the request id that the command line generated, and the line that repeats it,
// without the token.
func TestUnknownOutcomeSaysHowToRepeat(t *testing.T) {
	var id string
	lost := func(w http.ResponseWriter, r *http.Request) { id = r.Header.Get(wire.HeaderRequestID); cut(w, r) }
	status, _, errs := answered(t, lost, "start", "w", "--token", "hunter2", "--input", `{"a": "b c"}`)
	if status != exitUnknown || !strings.Contains(errs, "\nrequest id: "+id+"\n") ||
		!strings.Contains(errs, "  aion-node start w --input '{\"a\": \"b c\"}' --addr ") || !strings.Contains(errs, " --request-id "+id+"\n") ||
		strings.Contains(errs, "hunter2") {
		t.Errorf("status %d, stderr:\n%s", status, errs)
	}
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	for _, file := range []string{one, two} {
		if err := os.WriteFile(file, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	_, _, errs = answered(t, lost, "deploy", one, two, "--no-route")
	if !strings.Contains(errs, "  aion-node deploy "+one+" "+two+" --no-route ") || !strings.Contains(errs, " --request-id "+id+"\n") {
		t.Errorf("stderr:\n%s", errs)
	}
	_, _, errs = answered(t, lost, "unload", "order", "abcdef", "--request-id", "mine")
	if !strings.Contains(errs, "aion-node unload order abcdef --request-id mine") || strings.Count(errs, "--request-id mine") != 1 {
		t.Errorf("stderr:\n%s", errs)
	}
}

func TestHoldersAreNamed(t *testing.T) {
	refusal := wire.New("version_pinned", "version abc is pinned")
	refusal.Facts = map[string]any{
		"counts": wire.PinCounts{LiveRun: 2, RecordedChild: 1}, "total": 3,
		"holders": []wire.PinHolder{{Kind: "live_run", WorkflowID: "order-7\x1b[2J", RunID: "r1", Since: time.Now()}},
	}
	status, _, errs := answered(t, problem(refusal), "unload", "order", "abcdef")
	if status != exitRefused || !strings.Contains(errs, "2 live_run, 1 recorded_child") || !strings.Contains(errs, "order-7") || !strings.Contains(errs, "and 2 more") {
		t.Errorf("status %d, stderr:\n%s", status, errs)
	}
	if strings.Contains(errs, "\x1b") {
		t.Error("a workflow id drives the terminal")
	}
}

func TestGlobalFlagsReachTheCall(t *testing.T) {
	var got *http.Request
	handler := func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(r.Context())
		_, _ = w.Write([]byte(`{"versions":[],"index":1}`))
	}
	answered(t, handler, "versions", "--token", "secret", "--stale")
	if got.Header.Get("Authorization") != "Bearer secret" || got.URL.Query().Get("consistency") != "stale" {
		t.Errorf("call is %s %v", got.URL, got.Header)
	}
	answered(t, handler, "deploy", os.Args[0], "--request-id", "k", "--expect-route", "a=none", "--message", "m", "--no-route")
	if got.Header.Get(wire.HeaderRequestID) != "k" || got.URL.RawQuery != "expect_route=a%3Dnone&message=m&route=false" {
		t.Errorf("call is %s %v", got.URL, got.Header)
	}
}

func TestInputComesFromTextFileOrStandardInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "input.json")
	if err := os.WriteFile(file, []byte(`{"n": 1}`), 0o666); err != nil {
		t.Fatal(err)
	}
	a := &app{in: strings.NewReader(`[2]`)}
	for value, want := range map[string]string{`"x"`: `"x"`, "@" + file: `{"n": 1}`, "@-": "[2]", "": ""} {
		got, err := a.jsonFlag("input", value)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v", value, got, err)
		}
	}
	if _, err := a.jsonFlag("input", "@nowhere"); err == nil {
		t.Error("a missing file was taken")
	}
}
