package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"aion.dev/aion/cluster/increments"
	"aion.dev/aion/cluster/increments/place"
	"github.com/spf13/cobra"
)

// listedBackup is one backup of a store.
type listedBackup struct {
	ID           string    `json:"id"`
	Begun        time.Time `json:"begun"`
	LogTime      time.Time `json:"log_time"`
	Index        uint64    `json:"index"`
	ClusterID    string    `json:"cluster_id"`
	Node         string    `json:"node"`
	Bytes        int64     `json:"bytes"`
	Sent         int64     `json:"sent_bytes"`
	EverySeconds int64     `json:"every_s,omitempty"`
	Damaged      string    `json:"damaged,omitempty"`
}

type listedBackups struct {
	Store   string         `json:"store"`
	Backups []listedBackup `json:"backups"`
	Age     float64        `json:"newest_age_s,omitempty"` // how much would be lost now
}

func backupListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list FOLDER|s3://BUCKET/PREFIX",
		Short:   "List the backups that a folder or bucket has",
		Long:    `List the increments of a folder or bucket, the newest first. The newest one's age is how much would be lost if the cluster were lost now. Only manifests are read: verify reads blocks, too.`,
		Example: `  aion-node backup list s3://backups/aion`,
		Args:    arguments("FOLDER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := a.listBackups(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.answer(all, func(w io.Writer) {
				var rows [][]string
				now := time.Now()
				for _, b := range all.Backups {
					if b.Damaged != "" {
						rows = append(rows, []string{b.ID, b.Damaged})
						continue
					}
					rows = append(rows, []string{b.ID, past(w, b.Begun, now), strconv.FormatUint(b.Index, 10), b.Node, bytesOf(b.Bytes), bytesOf(b.Sent)})
				}
				table(w, "there is no backup in "+oneLine(all.Store), []string{"ID", "BEGUN", "INDEX", "NODE", "BYTES", "SENT"}, rows)
			})
		},
	}
}

func (a *app) listBackups(ctx context.Context, target string) (all listedBackups, err error) {
	all = listedBackups{Store: target, Backups: []listedBackup{}}
	store, err := place.Open(ctx, target, a.environ)
	if err != nil {
		return all, err
	}
	ids, err := increments.Names(ctx, store)
	if err != nil {
		return all, err
	}
	for i := range ids {
		one := listedBackup{ID: ids[len(ids)-1-i]}
		m, err := increments.Read(ctx, store, one.ID)
		switch {
		case errors.As(err, new(*increments.None)):
			continue // given up meanwhile
		case errors.As(err, new(*increments.Damaged)):
			one.Damaged = lineOf(err)
		case err != nil:
			return all, err
		default:
			size, err := m.Header.Size()
			if err != nil {
				return all, err
			}
			h := &m.Header
			one.Begun, one.LogTime, one.Index, one.ClusterID, one.Node, one.Bytes, one.Sent, one.EverySeconds = m.Begun, h.LogTime, h.Index, h.ClusterID, h.Node, size, m.Sent, int64(m.Every/time.Second)
			if age := time.Since(m.Begun).Seconds(); all.Age == 0 || age < all.Age {
				all.Age = age
			}
		}
		all.Backups = append(all.Backups, one)
	}
	return all, nil
}

// readable is a backup that can be read from its beginning several times.
type readable interface {
	io.ReadSeekCloser
	Size() (int64, error)
}

// fileSize adds Size to a file.
type fileSize struct{ *os.File }

// Size implements readable.
func (f fileSize) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// openBackup opens a file, or what at chooses of a store. It returns what to call it.
func (a *app) openBackup(ctx context.Context, target, at string) (r readable, name string, err error) {
	if !isStore(target) {
		if at != "" {
			return nil, "", usage("--at chooses one of the backups of a folder or bucket, and %s is a file", target)
		}
		f, err := os.Open(target)
		if err != nil {
			return nil, "", err
		}
		return fileSize{f}, target, nil
	}
	pick, err := pickOf(at)
	if err != nil {
		return nil, "", err
	}
	store, err := place.Open(ctx, target, a.environ)
	if err != nil {
		return nil, "", err
	}
	m, skipped, err := increments.Find(ctx, store, pick)
	for _, s := range skipped {
		fmt.Fprintf(a.err, "passed over: %s\n", lineOf(s))
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", target, err)
	}
	return increments.Open(ctx, store, m), target + " " + m.ID(), nil
}

// pickOf reads --at: an index, a time, or an id that list shows.
func pickOf(at string) (p increments.Pick, err error) {
	if at == "" {
		return p, nil
	}
	if p.Index, err = strconv.ParseUint(at, 10, 64); err == nil {
		return p, nil
	}
	text := at
	if err := (moments{"at": &text}).read(time.Now()); err == nil {
		p.Time, err = time.Parse(time.RFC3339Nano, text)
		return p, err
	}
	if len(at) > 20 { // a stamp, an index and a part of an id
		return increments.Pick{ID: at}, nil
	}
	return p, usage("--at %q is no index, no id that backup list shows, and neither an RFC 3339 time nor how long ago it was, such as 2h", at)
}
