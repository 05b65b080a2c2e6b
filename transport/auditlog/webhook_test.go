package auditlog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/internal/await"
)

// receiver is a webhook that is away now and then.
type receiver struct {
	mu     sync.Mutex
	status int // of its answers
	others int // answers with another status than 200
	lines  []Line
	bad    []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, err := io.ReadAll(q.Body)
	if err != nil || q.Header.Get("Authorization") != "Bearer hush" || q.Header.Get("Content-Type") != "application/x-ndjson" || q.Header.Get("Aion-Node") != "n1" {
		r.bad = append(r.bad, fmt.Sprint(q.Header, err))
	}
	if r.status == http.StatusOK {
		for text := range bytes.Lines(b) {
			var line Line
			if err := json.Unmarshal(text, &line); err != nil {
				r.bad = append(r.bad, string(text))
			}
			r.lines = append(r.lines, line)
		}
	}
	if r.status != http.StatusOK {
		r.others++
	}
	w.WriteHeader(r.status)
}

// refused waits until an answer had another status than 200.
func (r *receiver) refused(t *testing.T) {
	await.Poll(t, "an answer that is a refusal", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.others > 0
	})
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) got(t *testing.T) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, bad := range r.bad {
		t.Error(bad)
	}
	return paths(t, r.lines)
}

func (r *receiver) wait(t *testing.T, want string) {
	t.Helper()
	for end := time.Now().Add(await.Patience); r.got(t) != want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the webhook has %q, want %q", r.got(t), want)
		}
	}
}

// run runs a log until the function that it returns is called.
func run(t *testing.T, l *Log) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- l.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// The webhook gets all lines in order, also those of the time when it or the node was away, of
// files that were closed meanwhile, and none twice when it has accepted it.
func TestWebhook(t *testing.T) {
	r := &receiver{status: http.StatusOK}
	server := httptest.NewServer(r)
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Bytes: 400, Keep: 100, Webhook: Webhook{URL: u, Secret: "hush"}}
	l := open(t, cfg)
	cfg.Path = l.cfg.Path
	stop := run(t, l)
	var want []string
	write := func(l *Log, n int) {
		for range n {
			want = append(want, fmt.Sprintf("/%d", len(want)))
			l.Write(Line{Who: "ci", Path: want[len(want)-1]})
		}
	}
	write(l, 10)
	r.wait(t, strings.Join(want, " "))
	r.answer(http.StatusInternalServerError)
	write(l, 10)
	r.refused(t)
	r.answer(http.StatusOK)
	r.wait(t, strings.Join(want, " "))
	stop()

	l = open(t, cfg)
	write(l, 7) // before anybody sends
	if err := os.Rename(l.cfg.Path, l.cfg.Path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(l, 7)
	stop = run(t, l)
	r.wait(t, strings.Join(want, " "))
	for end := time.Now().Add(await.Patience); l.sender.left() != 0; time.Sleep(10 * time.Millisecond) { // the answer is under way
		if time.Now().After(end) {
			t.Fatalf("%d bytes are left to send", l.sender.left())
		}
	}
	stop()
}

// Redirects are not followed: the lines and the token are for one address.
func TestWebhookRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	u, _ := url.Parse(server.URL)
	l := open(t, Config{Webhook: Webhook{URL: u}})
	l.sender.at.Store(new(position))
	l.Write(Line{Who: "ci"})
	if _, err := l.sender.sendNext(t.Context()); err == nil || !strings.Contains(err.Error(), "307") {
		t.Error(err)
	}
}

// A file that goes before the webhook has it is told of.
func TestUnsentFiles(t *testing.T) {
	u, _ := url.Parse("http://127.0.0.1:1")
	l := open(t, Config{Bytes: 300, Keep: 1, Webhook: Webhook{URL: u}})
	l.sender.at.Store(new(position))
	for range 6 {
		l.Write(Line{Who: "ci", Detail: strings.Repeat("x", 200)})
	}
	files, err := list(l.cfg.Path)
	if err != nil || len(files) != 2 || !l.sender.lacks(files[0].path) {
		t.Fatalf("%v, %v", files, err)
	}
	l.sender.at.Store(&position{File: files[1].first})
	if l.sender.lacks(files[0].path) || l.sender.left() == 0 {
		t.Error("the older file counts as unsent, or the newer one as sent")
	}
}
