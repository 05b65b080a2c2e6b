package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/transport/wire"
)

// restoredInto is the answer of restore into a running cluster.
type restoredInto struct {
	Path      string   `json:"path"`
	ClusterID string   `json:"cluster_id"`
	Node      string   `json:"node"`
	Index     uint64   `json:"index"`
	Digest    string   `json:"digest"`
	Voters    []string `json:"voters"`
	WaitsFor  []string `json:"waits_for,omitempty"`
	Backup    backedUp `json:"backup"`
}

// restoreOnline sends a backup to the cluster.
func (a *app) restoreOnline(ctx context.Context, target, at string) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	f, path, err := a.openBackup(ctx, target, at)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return err
	}
	head, err := soundHead(f, size)
	if err != nil {
		return damagedFile(path, err)
	}
	a.after = afterwards{goesOn: "once everything was sent, the cluster goes on with it; the same command is refused if the cluster has the backup"}
	sent := &sentFile{readable: f, size: size, show: newByteProgress(a.err, "restore")}
	r, err := c.Restore(ctx, sent, size)
	sent.show.end()
	switch p := (*wire.Problem)(nil); {
	case err == nil:
	case !errors.As(err, &p):
		return damagedFile(path, err)
	case p.Outcome == wire.Unknown:
		p.Hint = "Repeat the command: it is refused if the cluster has the backup. If it is not let in any more, the tokens are those of the backup already."
		return p
	default:
		return err
	}
	one := restoredInto{Path: path, ClusterID: r.ClusterID, Node: r.Node, Index: r.Index, Digest: r.Digest, Voters: r.Voters, WaitsFor: r.WaitsFor}
	if one.Backup, err = answerOf(path, head); err != nil {
		return err
	}
	return a.answer(one, func(w io.Writer) {
		printBackup(w, "restored", one.Backup)
		fmt.Fprintln(w)
		card(w, [2]string{"into cluster", one.ClusterID}, [2]string{"led by", one.Node}, [2]string{"index", strconv.FormatUint(one.Index, 10)}, [2]string{"digest", one.Digest},
			[2]string{"voters", strings.Join(one.Voters, ", ")}, [2]string{"waits for", strings.Join(one.WaitsFor, ", ")})
		fmt.Fprintln(w, "\nTokens, policies and limits are those of the backup from now on.")
	})
}

// soundHead reads the header of a backup, and compares the size that it promises, before anything
// is sent. The rest is checked by the cluster.
func soundHead(f io.ReadSeeker, size int64) (h backup.Header, err error) {
	if h, err = backup.ReadHeader(f); err != nil {
		return h, err
	}
	want, err := h.Size()
	if err == nil && want != size {
		err = &backup.Damaged{At: min(want, size), Reason: fmt.Sprintf("the file has %d bytes, and its header says %d", size, want)}
	}
	return h, err
}

// sentFile shows how much of a file was sent. It is read from its beginning for each attempt.
type sentFile struct {
	readable
	size int64
	show *byteProgress
}

// Seek implements io.Seeker.
func (s *sentFile) Seek(offset int64, whence int) (int64, error) {
	at, err := s.readable.Seek(offset, whence)
	s.show.begin(at, s.size)
	return at, err
}

// Read implements io.Reader.
func (s *sentFile) Read(b []byte) (int, error) {
	n, err := s.readable.Read(b)
	s.show.Write(b[:n])
	if s.show.done == s.size {
		s.show.say("all is sent, the cluster checks it and takes it over")
	}
	return n, err
}
