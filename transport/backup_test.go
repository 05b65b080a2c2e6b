package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// safe is a node's backups: one, of some bytes, that breaks off after the first few the first time.
type safe struct {
	bytes  string
	breaks int // after so many bytes, once
	stale  []bool
	noted  []wire.BackupKept

	restored []int        // bytes of each upload
	refuses  func() error // nil = takes them
}

func (s *safe) BeginBackup(_ context.Context, stale bool) (transport.Backup, error) {
	s.stale = append(s.stale, stale)
	return s, nil
}

func (s *safe) NoteBackup(k wire.BackupKept) error {
	s.noted = append(s.noted, k)
	return nil
}

func (s *safe) Restore(_ context.Context, file io.Reader) (wire.Restored, error) {
	b, err := io.ReadAll(file)
	s.restored = append(s.restored, len(b))
	if err == nil && s.refuses != nil {
		err = s.refuses()
	}
	return wire.Restored{ClusterID: "c-1", Node: "n1", Index: 99, Voters: []string{"n1"}}, err
}

func (s *safe) FindBackup(id string) (transport.Backup, error) {
	if id != s.ID() {
		return nil, wire.New("not_found", "there is no backup "+id)
	}
	return s, nil
}

func (s *safe) ID() string    { return "b-1" }
func (s *safe) Index() uint64 { return 17 }
func (s *safe) Size() int64   { return int64(len(s.bytes)) }

func (s *safe) Send(_ context.Context, w io.Writer, offset int64) error {
	rest := s.bytes[offset:]
	if n := s.breaks; n > 0 && n < len(rest) {
		s.breaks = 0
		io.WriteString(w, rest[:n])
		return errors.New("the disk is gone")
	}
	_, err := io.WriteString(w, rest)
	return err
}

// TestABackupIsStreamed, and goes on where it broke off.
func TestABackupIsStreamed(t *testing.T) {
	n := enginetest.New(t)
	kept := &safe{bytes: strings.Repeat("0123456789", 50_000), breaks: 123_456}
	h := listen(t, n, &throne{}, "n1", func(cfg *transport.Config) { cfg.Backups = kept }) // not the leader
	c, err := client.New(client.Config{Addresses: []string{h.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	first, err := c.Backup(t.Context(), client.BackupOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(first)
	if err == nil || len(got) > 123_456 || first.ID != "b-1" || first.Node != "n1" || first.Index != 17 || first.Rest != kept.Size() {
		t.Errorf("%d bytes, %v, of %+v", len(got), err, first)
	}
	first.Close()
	second, err := c.Backup(t.Context(), client.BackupOptions{ID: first.ID, Offset: int64(len(got))})
	if err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(second)
	if got = append(got, rest...); err != nil || string(got) != kept.bytes || second.Rest != int64(len(rest)) {
		t.Errorf("%d bytes in the end, %v", len(got), err)
	}
	second.Close()
	var p *wire.Problem
	if _, err := c.Backup(t.Context(), client.BackupOptions{ID: "b-2", Offset: 5}); !errors.As(err, &p) || p.Code != "not_found" {
		t.Errorf("another backup: %v", err)
	}
	stale, err := c.Backup(t.Context(), client.BackupOptions{Stale: true})
	if err != nil || fmt.Sprint(kept.stale) != "[false true]" {
		t.Errorf("%v; asked for %v", err, kept.stale)
	}
	stale.Close()
	for path, field := range map[string]string{"/v1/backup?offset=5": "offset", "/v1/backup?id=b-1&offset=500001": "offset", "/v1/backup?id=b-1&offset=-1": "offset", "/v1/backup?consistency=soon": "consistency"} {
		var got string
		if p := h.send(t, "GET", path, "").problem(t); p.Code != "invalid_input" || !p.Fact("field", &got) || got != field {
			t.Errorf("%s: %+v", path, p)
		}
	}
}

// TestABackupIsForThoseWhoMayChange: it holds what a token that only reads may not see.
func TestABackupIsForThoseWhoMayChange(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1", func(cfg *transport.Config) {
		cfg.Backups = &safe{bytes: "all"}
		cfg.Tokens = []transport.Token{{Name: "ops", Secret: "secret-of-ops"}, {Name: "viewer", Secret: "secret-of-viewer", ReadOnly: true}}
	})
	if p := h.send(t, "GET", "/v1/backup", "", "Authorization: Bearer secret-of-viewer").problem(t); p.Code != "permission_denied" {
		t.Errorf("%+v", p)
	}
	if p := h.send(t, "GET", "/v1/backup", "").problem(t); p.Code != "unauthenticated" {
		t.Errorf("%+v", p)
	}
	if r := h.send(t, "GET", "/v1/backup", "", "Authorization: Bearer secret-of-ops"); r.status != 200 || string(r.body) != "all" || r.header.Get("Aion-Backup") != "b-1" || r.header.Get("Aion-Index") != "17" {
		t.Errorf("%+v", r)
	}
}

// TestABackupThatArrivedIsNoted by the node that is told.
func TestABackupThatArrivedIsNoted(t *testing.T) {
	n := enginetest.New(t)
	kept := &safe{}
	h := listen(t, n, &throne{}, "n1", func(cfg *transport.Config) { cfg.Backups = kept }) // not the leader
	c, err := client.New(client.Config{Addresses: []string{h.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	k := wire.BackupKept{BackupID: "b-1", Index: 17, AgeMS: 1500, EverySeconds: 300}
	if err := c.BackupKept(t.Context(), k); err != nil || len(kept.noted) != 1 || kept.noted[0] != k {
		t.Errorf("%v; it noted %+v", err, kept.noted)
	}
	for field, body := range map[string]string{
		"backup_id": `{"index":1,"age_ms":5}`, "index": `{"backup_id":"b","age_ms":5}`, "age_ms": `{"backup_id":"b","index":1,"age_ms":-1}`,
		"every_s": `{"backup_id":"b","index":1,"age_ms":5,"every_s":-1}`,
	} {
		var got string
		if p := h.send(t, "POST", "/v1/backup/kept", body).problem(t); p.Code != "invalid_input" || !p.Fact("field", &got) || got != field {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if len(kept.noted) != 1 {
		t.Errorf("it noted %+v", kept.noted)
	}
}
