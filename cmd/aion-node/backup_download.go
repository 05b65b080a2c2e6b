package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// download writes a backup to a file. Whatever ends it, what is in FILE.partial up to the end of
// its last whole block is right, and the next one goes on there.
type download struct {
	client   *client.Client
	path     string
	stale    bool
	show     *byteProgress
	says     io.Writer // for people
	patience time.Duration

	file    *os.File // FILE.partial
	blocks  *backup.Blocks
	header  *backup.Header // nil until its block is there
	size    int64
	whole   bool // the last block is there
	had     int64
	resumed bool
	told    int64 // where it broke off when that was said last
	buffer  []byte
}

// run writes the file. It returns nil when the file is complete, checked and on disk under its
// name.
func (d *download) run(ctx context.Context) (err error) {
	if d.file, err = os.OpenFile(d.path+".partial", os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	defer func() { d.file.Close() }()
	if err := syscall.Flock(int(d.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("%s is in use by another process: %w", d.file.Name(), err)
	}
	if err := d.findOld(); err != nil {
		return err
	}
	defer d.show.end()
	var until time.Time // when to give up, unless something arrives
	for !d.whole {
		before := d.reached()
		err := d.receive(ctx)
		if err == nil || ctx.Err() != nil {
			if err != nil {
				return err
			}
			continue
		}
		if _, isProblem := errors.AsType[*wire.Problem](err); isProblem {
			return err // the client has retried what can be retried
		}
		if errors.As(err, new(*fileError)) {
			return err
		}
		now := time.Now()
		if d.reached() > before || until.IsZero() {
			until = now.Add(max(d.patience, time.Second))
		}
		if now.After(until) {
			return fmt.Errorf("the backup breaks off again and again after %s; the same command goes on: %w", bytesOf(d.reached()), err)
		}
		if at := d.reached(); at != d.told {
			d.told = at
			d.show.end()
			fmt.Fprintf(d.says, "the backup broke off after %s (%v); going on\n", bytesOf(at), err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return d.finish()
}

// fileError is an error of this machine's disk.
type fileError struct{ error }

func (e *fileError) Unwrap() error { return e.error }

// reached is how many bytes there are, of a block that is not whole too: that is in memory only.
func (d *download) reached() int64 {
	if d.blocks == nil {
		return 0
	}
	return d.blocks.Reached()
}

// findOld looks for whole blocks in FILE.partial, and cuts the rest off.
func (d *download) findOld() error {
	blocks, err := backup.NewBlocks(d.file)
	if err != nil {
		return d.clear()
	}
	d.blocks = blocks
	for !d.whole {
		b, err := blocks.Next(d.buffer)
		if err != nil {
			blocks.Forget()
			break
		}
		if err := d.took(b); err != nil {
			return d.clear()
		}
	}
	if d.header == nil {
		return d.clear()
	}
	d.had, d.resumed = blocks.Offset(), true
	return d.cut(d.had)
}

// took notes a block that is in the file.
func (d *download) took(b backup.Block) error {
	d.buffer = b.Raw
	if d.header == nil {
		h, err := b.Header()
		if err != nil {
			return err
		}
		d.header = &h
		if d.size, err = h.Size(); err != nil {
			return err
		}
	}
	d.whole = b.Last()
	return nil
}

// clear begins anew.
func (d *download) clear() error {
	d.blocks, d.header, d.whole, d.had, d.resumed = nil, nil, false, 0, false
	return d.cut(0)
}

func (d *download) cut(size int64) error {
	if err := d.file.Truncate(size); err != nil {
		return &fileError{err}
	}
	if _, err := d.file.Seek(size, io.SeekStart); err != nil {
		return &fileError{err}
	}
	return nil
}

// receive asks a node for what is missing, and writes what arrives. An error but a *wire.Problem or
// a *fileError may pass.
func (d *download) receive(ctx context.Context) error {
	o := client.BackupOptions{Stale: d.stale}
	if d.header != nil {
		o.ID, o.Offset = d.header.ID, d.reached()
	}
	s, err := d.client.Backup(ctx, o)
	var p *wire.Problem
	if errors.As(err, &p) && p.Code == "not_found" && o.ID != "" {
		d.show.end()
		fmt.Fprintf(d.says, "no node that answers has backup %s open any more: beginning a new one\n", o.ID)
		return d.clear()
	}
	if err != nil {
		return err
	}
	defer s.Close()
	if d.blocks == nil {
		if d.blocks, err = backup.NewBlocks(s); err != nil {
			d.blocks = nil
			return err
		}
		if _, err := d.file.Write(backup.Preamble()); err != nil {
			return &fileError{err}
		}
	} else {
		d.blocks.Continue(s)
	}
	d.show.begin(d.blocks.Offset(), max(d.size, o.Offset+s.Rest))
	for !d.whole {
		b, err := d.blocks.Next(d.buffer)
		if err != nil {
			if d.header == nil { // without its id there is nothing to go on with
				d.blocks = nil
				if err := d.cut(0); err != nil {
					return err
				}
			}
			return err
		}
		if err := d.took(b); err != nil {
			return err
		}
		if _, err := d.file.Write(b.Raw); err != nil {
			return &fileError{err}
		}
		d.show.Write(b.Raw)
	}
	return nil
}

// finish checks the whole file as it lies on disk, and gives it its name.
func (d *download) finish() error {
	if err := d.file.Sync(); err != nil {
		return err
	}
	if _, err := d.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	d.show.what = "check"
	d.show.begin(0, d.size)
	if _, err := backup.Read(io.TeeReader(d.file, d.show), backup.Sink{}); err != nil {
		return errors.Join(damagedFile(d.file.Name(), err), d.clear())
	}
	if err := os.Rename(d.file.Name(), d.path); err != nil {
		return err
	}
	return syncFolder(d.path)
}
