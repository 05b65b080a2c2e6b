package transport_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestABackupIsRestored by the leader, whichever node is called, and again after what says that
// nothing has happened. It is larger than what calls may use of a node's memory.
func TestABackupIsRestored(t *testing.T) {
	n := enginetest.New(t)
	throne := &throne{}
	kept := &safe{}
	set := func(cfg *transport.Config) {
		cfg.Backups = kept
		cfg.Limits.CallMemory = 1 << 20
	}
	follower := listen(t, n, throne, "n2", set)
	leader := listen(t, n, throne, "n1", set)
	throne.give("n1", leader.Listener.Addr().String())
	file := bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef"), 1<<18)) // 4 MiB
	for _, address := range []string{leader.URL, follower.URL} {
		c, err := client.New(client.Config{Addresses: []string{address}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		times := 0
		kept.restored, kept.refuses = nil, func() error {
			if times++; times < 3 {
				return &engine.Unavailable{Why: "not now"}
			}
			return nil
		}
		r, err := c.Restore(t.Context(), file, file.Size())
		if err != nil || r.Index != 99 || r.ClusterID != "c-1" {
			t.Errorf("answered %+v, %v", r, err)
		}
		if len(kept.restored) != 3 || kept.restored[2] != 4<<20 {
			t.Errorf("the uploads had %v bytes", kept.restored)
		}
		kept.refuses = func() error { return &engine.Unknown{Cause: errors.New("lost")} }
		var p *wire.Problem
		if _, err := c.Restore(t.Context(), file, file.Size()); !errors.As(err, &p) || p.Outcome != wire.Unknown || len(kept.restored) != 4 {
			t.Errorf("an unknown outcome: %v, after %v", err, kept.restored)
		}
		broken := errors.New("the bucket is gone")
		if _, err := c.Restore(t.Context(), readSeeker{io.MultiReader(strings.NewReader("01234"), failing{broken})}, 100); !errors.Is(err, broken) {
			t.Errorf("a file that cannot be read: %v", err)
		}
	}
}

type readSeeker struct{ io.Reader }

func (readSeeker) Seek(int64, int) (int64, error) { return 0, nil }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestARestoreIsRefused by the gate.
func TestARestoreIsRefused(t *testing.T) {
	n := enginetest.New(t)
	kept := &safe{}
	throne := &throne{}
	h := listen(t, n, throne, "n1", func(cfg *transport.Config) {
		cfg.Backups = kept
		cfg.Limits.RestoreBytes = 1000
		cfg.Tokens = []transport.Token{{Name: "ops", Secret: "secret-of-ops"}, {Name: "viewer", Secret: "secret-of-viewer", ReadOnly: true}}
	})
	throne.give("n1", "")
	send := func(body string, headers ...string) *wire.Problem {
		t.Helper()
		return h.send(t, "POST", "/v1/cluster/restore", body, headers...).problem(t)
	}
	ops := "Authorization: Bearer secret-of-ops"
	if p := send("all"); p.Code != "unauthenticated" {
		t.Errorf("without a token: %+v", p)
	}
	if p := send("all", "Authorization: Bearer secret-of-viewer"); p.Code != "permission_denied" {
		t.Errorf("by who only reads: %+v", p)
	}
	if p := send("", ops); p.Code != "invalid_input" {
		t.Errorf("nothing: %+v", p)
	}
	setting := ""
	if p := send(strings.Repeat("x", 1001), ops); p.Code != "body_too_large" || !p.Fact("setting", &setting) || setting != "backup.restore_bytes" {
		t.Errorf("too much: %+v", p)
	}
	if len(kept.restored) > 0 {
		t.Errorf("uploads of %v bytes were read", kept.restored)
	}
	if r := h.send(t, "POST", "/v1/cluster/restore", "all", ops); r.status != 200 || r.header.Get("Aion-Index") != "99" {
		t.Errorf("%d %s", r.status, r.body)
	}
}
