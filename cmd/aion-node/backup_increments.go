package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"aion.dev/aion/cluster/increments"
	"aion.dev/aion/cluster/increments/place"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// isStore reports whether backups of a target are increments: it is a bucket, or a folder that
// exists.
func isStore(target string) bool {
	info, err := os.Stat(target)
	return place.IsBucket(target) || err == nil && info.IsDir()
}

// incremented is the answer of backup with a store: one backup in it.
type incremented struct {
	Store    string             `json:"store"`
	ID       string             `json:"id"`
	Sent     int64              `json:"sent_bytes"`
	Bytes    int64              `json:"bytes"` // of the file that restore would read
	Seconds  float64            `json:"seconds"`
	LogTime  time.Time          `json:"log_time"`
	Index    uint64             `json:"index"`
	Node     string             `json:"node"`
	BackupID string             `json:"backup_id"`
	Pruned   *increments.Pruned `json:"pruned,omitempty"`
}

// incrementing writes backups into a store.
type incrementing struct {
	*app
	client *client.Client
	store  increments.Store
	target string
	every  time.Duration // 0 = once
	keep   int           // 0 = all
	newest time.Time     // log time of the newest that this process has written

	mu   sync.Mutex // guards told
	told bool       // that the store does not take something, since the last backup
}

// backupInto writes one backup into a store, or one each time, until the context ends.
func (a *app) backupInto(ctx context.Context, c *client.Client, target string, every time.Duration, keep int) error {
	store, err := place.Open(ctx, target, a.environ)
	if err != nil {
		return err
	}
	i := &incrementing{app: a, client: c, store: store, target: target, every: every, keep: keep}
	a.after = afterwards{goesOn: "what was sent is not sent again by the same command"}
	for wait := time.Duration(0); ; {
		began := time.Now()
		one, err := i.one(ctx)
		switch {
		case err == nil:
			if err := a.answer(one, func(w io.Writer) { i.print(w, one) }); err != nil {
				return err
			}
			wait = time.Until(began.Add(every))
		case every == 0 || ctx.Err() != nil || i.newest.IsZero(): // nothing has worked yet: it may be a mistake
			return err
		default:
			wait = min(max(2*wait, time.Second), time.Minute, every)
			fmt.Fprintf(a.err, "no backup was written: %s; the newest is of %s; trying again in %s\n", lineOf(err), exact(i.newest), wait.Round(time.Second))
		}
		if every == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// one writes a backup, tells the node, and prunes. An error after the manifest was written is said
// and no failure: the backup is there.
func (i *incrementing) one(ctx context.Context) (one incremented, err error) {
	began := time.Now()
	stream := &steadyBackup{ctx: ctx, client: i.client, stale: i.stale}
	defer stream.close()
	w := &increments.Writer{Store: i.store, Every: i.every, Retry: i.retry}
	m, err := w.Write(ctx, stream)
	if err != nil {
		return one, err
	}
	i.newest = m.Header.LogTime
	i.mu.Lock()
	i.told = false
	i.mu.Unlock()
	size, err := m.Header.Size()
	one = incremented{
		Store: i.target, ID: m.ID(), Sent: m.Sent, Bytes: size, Seconds: time.Since(began).Seconds(),
		LogTime: m.Header.LogTime, Index: m.Header.Index, Node: m.Header.Node, BackupID: m.Header.ID,
	}
	kept := wire.BackupKept{BackupID: m.Header.ID, Index: m.Header.Index, AgeMS: time.Since(began).Milliseconds(), EverySeconds: int64(i.every / time.Second)}
	if e := i.client.BackupKept(ctx, kept); e != nil {
		fmt.Fprintf(i.err, "the backup is written, and node %s does not know of it: %s\n", m.Header.Node, lineOf(e))
	}
	if i.keep > 0 {
		p, e := increments.Prune(ctx, i.store, m.Header.ClusterID, i.keep)
		if one.Pruned = &p; e != nil {
			fmt.Fprintf(i.err, "the backup is written, and older ones stay: %s\n", lineOf(e))
		}
	}
	return one, err
}

// retry says once that the store does not take an object, and lets the writer try for a while.
func (i *incrementing) retry(ctx context.Context, what string, since time.Duration, err error) error {
	patience := i.patience
	if patience <= 0 {
		patience = 30 * time.Second
	}
	if since > patience {
		return fmt.Errorf("the store does not take %s: %w", what, err)
	}
	i.mu.Lock()
	if !i.told { // once: each object has an error of its own
		i.told = true
		fmt.Fprintf(i.err, "the store does not take %s: %s; trying again\n", what, lineOf(err))
	}
	i.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(500 * time.Millisecond):
		return nil
	}
}

func (i *incrementing) print(w io.Writer, one incremented) {
	pruned := ""
	if p := one.Pruned; p != nil && p.Retired+p.Blocks > 0 {
		pruned = fmt.Sprintf("; gave up %s, deleted %s in %s", count(p.Retired, "backup"), bytesOf(p.Bytes), count(p.Blocks, "block"))
	}
	fmt.Fprintf(w, "wrote %s: index %s, log time %s, %s of %s sent in %.1f s%s\n", one.ID, strconv.FormatUint(one.Index, 10), exact(one.LogTime), bytesOf(one.Sent), bytesOf(one.Bytes), one.Seconds, pruned)
}

// steadyBackup is the stream of a backup that goes on where it breaks off.
type steadyBackup struct {
	ctx    context.Context
	client *client.Client
	stale  bool
	open   *client.Backup
	id     string
	offset int64
	size   int64
}

// Read implements io.Reader.
func (s *steadyBackup) Read(b []byte) (int, error) {
	for {
		if s.id != "" && s.offset == s.size {
			return 0, io.EOF
		}
		if s.open == nil {
			o := client.BackupOptions{ID: s.id, Offset: s.offset, Stale: s.stale}
			opened, err := s.client.Backup(s.ctx, o)
			if err != nil {
				return 0, err
			}
			s.open, s.id, s.size = opened, opened.ID, s.offset+opened.Rest
		}
		n, err := s.open.Read(b)
		s.offset += int64(n)
		if err != nil {
			s.close()
			err = nil
		}
		if n > 0 || s.ctx.Err() != nil {
			return n, errors.Join(err, s.ctx.Err())
		}
	}
}

func (s *steadyBackup) close() {
	if s.open != nil {
		s.open.Close()
		s.open = nil
	}
}
