package port

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/internal/await"
	"github.com/hashicorp/go-hclog"
)

var hostile = []byte{preambleVersion, streamRaft, 0xff, 0xff}

// introducing returns a Self.
func introducing(i Introduction) func() Introduction { return func() Introduction { return i } }

// TestPortAnswersEveryMistakeInThePreamble sends each mistake by hand and reads the answer.
func TestPortAnswersEveryMistakeInThePreamble(t *testing.T) {
	var log syncBuffer
	own := Introduction{Name: "prod", Cluster: "A", From: "n1", Instance: "one"}
	b := openTestPort(t, Config{Self: introducing(own), Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: &log})})
	good := Introduction{Cluster: "A", From: "n2", To: "n1", Instance: "two", Address: "127.0.0.1:1"}
	with := func(change func(*Introduction)) Introduction { i := good; change(&i); return i }
	say := func(kind byte, i Introduction) string {
		p, err := appendPreamble(nil, kind, i)
		if err != nil {
			t.Fatal(err)
		}
		return string(p)
	}
	for _, c := range []struct {
		name, first string
		want        string // part of the answer; part of the log where answered is false
		answered    bool
	}{
		{"a caller", "GET / HTTP/1.1\r\n\r\n", "http.address", false},
		{"the version before", "aion\x01r", "node protocol 1, this node speaks 2", true},
		{"a version to come", "aion\x63r", "node protocol 99, this node speaks 2", true},
		{"an unknown stream", say('z', good), "unknown stream", true},
		{"half a field", "aion\x02r\x00\x02\x05x", "ends within a field", true},
		{"too few fields", "aion\x02r\x00\x02\x01x", "ends within a field", true},
		{"a byte too many", func() string { s := []byte(say('r', good)); s[7]++; return string(s) + "x" }(), "1 bytes too many", true},
		{"another cluster's raft", say('r', with(func(i *Introduction) { i.Cluster = "B" })), "belongs to cluster B, node n1 to cluster A", true},
		{"another cluster's call", say('h', with(func(i *Introduction) { i.Cluster = "B" })), "belongs to cluster B, node n1 to cluster A", true},
		{"raft of no cluster", say('r', with(func(i *Introduction) { i.Cluster = "" })), "only members replicate", true},
		{"another node meant", say('r', with(func(i *Introduction) { i.To = "n3" })), `this is node n1, not "n3"`, true},
		{"another node called", say('h', with(func(i *Introduction) { i.To = "n3" })), `this is node n1, not "n3"`, true},
		{"raft for nobody", say('r', with(func(i *Introduction) { i.To = "" })), `this is node n1, not ""`, true},
		{"from nobody", say('r', with(func(i *Introduction) { i.From = "" })), "is not a node id", true},
		{"from a strange id", say('r', with(func(i *Introduction) { i.From = "../n2" })), "is not a node id", true},
		{"another name", say('h', with(func(i *Introduction) { i.Name = "test" })), "cluster.name", true},
		{"a second process with this id", say('r', with(func(i *Introduction) { i.From = "n1" })), "two processes run as node n1", true},
	} {
		conn, err := net.Dial("tcp", b.Advertised())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(time.Minute)) // makes a broken port fail here
		if _, err := io.WriteString(conn, c.first); err != nil {
			t.Fatal(err)
		}
		err = readAnswer(conn)
		conn.Close()
		switch {
		case err == nil:
			t.Errorf("%s: may go on", c.name)
		case c.answered && !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: told %q, want %q", c.name, err, c.want)
		case !c.answered:
			await.Poll(t, "the log to say why", func() bool { return strings.Contains(log.String(), c.want) })
		}
	}
	// A preamble within the limits is accepted, also before there is a cluster.
	for _, first := range []string{
		say('r', good), say('h', good),
		say('h', with(func(i *Introduction) { i.Cluster, i.To = "", "" })),
		say('h', with(func(i *Introduction) { i.Name = "prod" })),
	} {
		conn, err := net.Dial("tcp", b.Advertised())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(time.Minute))
		io.WriteString(conn, first)
		if err := readAnswer(conn); err != nil {
			t.Errorf("%q: %v", first, err)
		}
		conn.Close()
	}
}

// TestWhoMayCallWhat: before a node belongs to a cluster it may say hello, promise and ask to join.
// A node that does not know which node it meets may only say hello.
func TestWhoMayCallWhat(t *testing.T) {
	own := Introduction{Cluster: "A", From: "n1"}
	for _, c := range []struct {
		from Introduction
		may  string
	}{
		{Introduction{From: "n2"}, CallHello},
		{Introduction{From: "n2", To: "n1"}, CallHello + CallPromise + CallJoin},
		{Introduction{Cluster: "A", From: "n2"}, CallHello},
		{Introduction{Cluster: "A", From: "n1", To: "n1", Instance: "a copy"}, CallHello},
		{Introduction{Cluster: "A", From: "n2", To: "n1"}, CallHello + CallPromise + CallJoin + "propose" + "archives"},
	} {
		for _, name := range []string{CallHello, CallPromise, CallJoin, "propose", "archives"} {
			if err := c.from.MayCall(name, own); (err == nil) != strings.Contains(c.may, name) {
				t.Errorf("%+v calls %s: %v", c.from, name, err)
			}
		}
	}
}

// TestCallsReachOnlyTheNodeMeant also over connections that were opened before the node at the
// address changed.
func TestCallsReachOnlyTheNodeMeant(t *testing.T) {
	a := openTestPort(t, Config{})
	b := openTestPort(t, Config{})
	b.Handle("echo", func(_ context.Context, from Introduction, body []byte) ([]byte, error) {
		return append([]byte(from.From+" said "), body...), nil
	})
	b.Serve()
	got, err := a.Call(t.Context(), at(b), "echo", []byte("x"))
	if want := at(a).ID + " said x"; err != nil || string(got) != want {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
	other := at(b)
	other.ID = "somebody"
	if _, err := a.Call(t.Context(), other, "echo", nil); !errors.As(err, new(*engine.Unavailable)) || !strings.Contains(err.Error(), `not "somebody"`) {
		t.Fatalf("a call for another node: %v", err)
	}
}

func FuzzPreamble(f *testing.F) {
	p, _ := appendPreamble(nil, streamRaft, Introduction{Name: "x", Cluster: "A", From: "n2", To: "n1", Instance: "i", Address: "h:1"})
	f.Add(p)
	f.Add(append([]byte(preambleName), hostile...))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		kind, i, err := readPreamble(r)
		if err != nil {
			return
		}
		again, err := appendPreamble(nil, kind, i)
		if err != nil || !bytes.Equal(again, b[:len(b)-r.Len()]) {
			t.Fatalf("read %+v from %q, which is written as %q, %v", i, b, again, err)
		}
	})
}
