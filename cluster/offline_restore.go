package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/cluster/blobs"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/fsm"
	"github.com/google/uuid"
)

// Restored is what Restore made.
type Restored struct {
	Header  backup.Header
	Cluster string // id of the new cluster
	Node    string // its only voter
	Address string // at which others reach that
	Index   uint64 // of the new cluster's state
	Digest  string // of the new cluster's state
}

// Restore makes an empty data folder that of the only voter of a new cluster, whose state is that
// of a backup. It reads the file twice: nothing is written before all of it was checked. A Restore
// that is refused or fails leaves nothing behind, and one that was killed is repeated. Progress is
// told how many bytes were read.
func Restore(ctx context.Context, cfg Config, file io.ReadSeeker, progress io.Writer) (r Restored, err error) {
	if cfg, err = cfg.withDefaults(); err != nil {
		return r, err
	}
	if r.Address, err = cfg.address(); err != nil {
		return r, err
	}
	fresh, err := emptyFolder(cfg.DataDir)
	if err != nil {
		return r, err
	}
	read := func(to backup.Sink) (backup.Header, error) {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return backup.Header{}, err
		}
		return backup.Read(io.TeeReader(untilDone{ctx, file}, progress), to)
	}
	if r.Header, err = read(backup.Sink{Begin: func(h backup.Header) error { return cfg.restorable(h) }}); err != nil {
		return r, err
	}

	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return r, fmt.Errorf("node.data_dir: %w", err)
	}
	r.Cluster = uuid.NewString()
	mark := &folder.Unfinished{Command: "restore", ClusterID: r.Cluster}
	if err := mark.Begin(cfg.DataDir); err != nil {
		return r, err
	}
	o, err := openOffline(cfg)
	if err != nil {
		return r, err // what is there may be another restore's: it holds the lock
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, undoRestore(cfg.DataDir, fresh))
		}
	}()
	defer func() {
		if e := o.close(); err == nil {
			err = e
		}
		if err == nil {
			err = mark.Finish(cfg.DataDir)
		}
	}()
	r.Node = o.identity.NodeID
	archives, err := blobs.OpenStore(blobs.StoreConfig{Dir: filepath.Join(cfg.DataDir, "blobs"), MaxBytes: cfg.MaxArchiveBytes, Logger: cfg.Logger})
	if err != nil {
		return r, err
	}
	_, err = read(backup.Sink{
		Archive: func(d catalog.Digest, content []byte) error {
			return archives.KeepBlob(ctx, d, bytes.NewReader(content))
		},
		State: o.state.Restore,
	})
	if err != nil {
		return r, err
	}
	if index, digest := o.state.Digest(); index != r.Header.Index || digest.String() != r.Header.Digest {
		return r, fmt.Errorf("the restored state has index %d and digest %s, the backup says %d and %s", index, digest, r.Header.Index, r.Header.Digest)
	}
	// A later term than any that the old cluster can have given an entry of the state.
	if err := o.refound(r.Cluster, r.Header.Index+1, r.Header.Term+1); err != nil {
		return r, err
	}
	index, digest := o.state.Digest()
	r.Index, r.Digest = index, digest.String()
	return r, o.failed
}

// restorable refuses a backup that a node with this configuration cannot serve.
func (cfg Config) restorable(h backup.Header) error {
	if h.Level > fsm.NewestLevel {
		return refuse("the backup is at level %d, and this build knows level %d: use a build like the one that made it (%s)", h.Level, fsm.NewestLevel, h.Build)
	}
	most := cfg.MaxArchiveBytes
	if most == 0 {
		most = 64 << 20
	}
	for _, a := range h.Archives {
		if a.Bytes > most {
			return refuse("archive %s of the backup has %d bytes, and deploy.max_archive_bytes is %d", a.Digest, a.Bytes, most)
		}
	}
	return nil
}

// emptyFolder refuses a data folder that has anything in it, but for what an earlier restore has
// left. fresh says that it does not exist yet.
func emptyFolder(dir string) (fresh bool, err error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("node.data_dir: %w", err)
	}
	u, err := folder.ReadUnfinished(dir)
	switch {
	case err != nil:
		return false, err
	case u != nil && u.Command == "restore":
		id, err := folder.OpenIdentity(dir, "") // no other restore is at it
		if err != nil {
			return false, err
		}
		defer id.Close()
		return false, clearFolder(dir)
	}
	for _, e := range entries {
		if e.Name() == "lost+found" {
			continue
		}
		return false, &Refused{
			Why:  fmt.Sprintf("data folder %s is not empty: it has %s. A backup is restored into an empty folder", dir, e.Name()),
			Info: map[string]any{"setting": "node.data_dir", "folder": dir},
		}
	}
	return false, nil
}

// isFresh reports whether a data folder holds no node.
func isFresh(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, "identity.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return false, err
}

// undoRestore removes what a failed Restore has made.
func undoRestore(dir string, fresh bool) error {
	err := clearFolder(dir)
	if fresh && err == nil {
		err = os.Remove(dir)
	}
	return err
}

// untilDone is a reader that ends with a context.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (u untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}
