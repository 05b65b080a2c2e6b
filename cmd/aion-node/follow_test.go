package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"aion.dev/aion/internal/await"
)

// A following command ends when nobody reads its output any more, even if nothing happens to print.
func TestFollowingEndsWithItsReader(t *testing.T) {
	asked := make(chan string, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		<-r.Context().Done()
	}))
	defer srv.Close()
	for _, args := range [][]string{{"events"}, {"history", "w", "--follow"}, {"logs", "w", "--follow"}} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		a := &app{in: strings.NewReader(""), out: writer, err: &errs, environ: func(string) string { return "" }}
		ended := make(chan int, 1)
		go func() { ended <- a.run(t.Context(), append(args, "--addr", srv.URL)) }()
		await.From(t, "the call of "+args[0], asked)
		reader.Close()
		if status := await.From(t, "the end of "+args[0], ended); status != exitUnread || errs.Len() > 0 {
			t.Errorf("%q: status %d, %s", args, status, errs.String())
		}
		writer.Close()
	}
}

// A command that has printed everything ends as usual, whether anybody reads or not.
func TestFollowingEndsByItself(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "id: 7\nevent: LeaderChanged\ndata: {}\n\n")
	}))
	defer srv.Close()
	var errs bytes.Buffer
	a := &app{in: strings.NewReader(""), out: writer, err: &errs, environ: func(string) string { return "" }}
	if status := a.run(t.Context(), []string{"events", "--limit", "1", "--addr", srv.URL}); status != 0 || errs.Len() > 0 {
		t.Errorf("status %d, %s", status, errs.String())
	}
	writer.Close()
	if out, err := io.ReadAll(reader); err != nil || !strings.Contains(string(out), "LeaderChanged") {
		t.Errorf("printed %q, %v", out, err)
	}
}
