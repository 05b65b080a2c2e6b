package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"aion.dev/aion/internal/freeport"
)

// TestHostsOfAProcess: a node without tokens answers only to its own names, whatever a web page
// makes a browser send; with tokens, or where the operator has said so, the name does not matter.
func TestHostsOfAProcess(t *testing.T) {
	const token = "0123456789abcdef"
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	t.Cleanup(f.killAll)
	for name, flags := range map[string][]string{
		"plain": {"--debug-pprof-address", "127.0.0.1:0"}, "any": {"--http-hosts", "*"}, "tokens": {"--auth-tokens", "ci:write:" + token},
	} {
		if name == "plain" {
			ports, err := freeport.Take(1)
			if err != nil {
				t.Fatal(err)
			}
			flags[1] = ports[0]
		}
		if err := f.start(name, flags...); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(address, line string, headers ...string) int {
		t.Helper()
		var status int
		err := eventually(func() error {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				return err
			}
			defer conn.Close()
			fmt.Fprintf(conn, "%s\r\n%s\r\n\r\n", line, strings.Join(append(headers, "Connection: close"), "\r\n"))
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				return err
			}
			resp.Body.Close()
			if status = resp.StatusCode; status == http.StatusServiceUnavailable {
				return errors.New("it is not ready yet")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	plain := f.nodes["plain"]
	_, port, _ := strings.Cut(plain.http, ":")
	const get = "GET /v1/versions HTTP/1.1"
	for _, c := range []struct {
		line    string
		headers []string
		want    int
	}{
		{get, []string{"Host: " + plain.http}, 200},
		{get, []string{"Host: localhost.:" + port}, 200},
		{get, []string{"Host: LOCALHOST"}, 200},
		{get, []string{"Host: [::1]:" + port}, 200},
		{get, []string{"Host: localhost", "X-Forwarded-Host: rebind.example"}, 200},
		{"GET /v1/versions HTTP/1.0", nil, 200},
		{get, []string{"Host: 127.1:" + port}, 421},
		{get, []string{"Host: 0.0.0.0:" + port}, 421},
		{get, []string{"Host: *"}, 421},
		{get, []string{"Host: localhost:99999"}, 421},
		{get, []string{"Host: rebind.example:" + port}, 421},
		{get, []string{"Host: rebind.example", "X-Forwarded-Host: localhost"}, 421},
		{"GET http://rebind.example/v1/versions HTTP/1.1", []string{"Host: localhost"}, 421},
		{"POST /v1/workflows HTTP/1.1", []string{"Host: rebind.example:" + port, "Origin: http://rebind.example:" + port, "Content-Length: 0"}, 421},
		{get, []string{"Host: localhost", "Host: rebind.example"}, 400},
		{get, nil, 400},
	} {
		if got := ask(plain.http, c.line, c.headers...); got != c.want {
			t.Errorf("%s %q: %d, want %d", c.line, c.headers, got, c.want)
		}
	}
	for _, name := range []string{"rebind.example", "127.1", "*"} {
		if got := ask(plain.flags[1], "GET /debug/pprof/ HTTP/1.1", "Host: "+name); got != 421 {
			t.Errorf("profiles as %q: %d", name, got)
		}
		if got := ask(f.nodes["any"].http, get, "Host: "+name); got != 200 {
			t.Errorf("where any name is good, as %q: %d", name, got)
		}
		if got := ask(f.nodes["tokens"].http, get, "Host: "+name, "Authorization: Bearer "+token); got != 200 {
			t.Errorf("with a token, as %q: %d", name, got)
		}
		if got := ask(f.nodes["tokens"].http, get, "Host: "+name); got != 401 {
			t.Errorf("without the token, as %q: %d", name, got)
		}
	}
}
