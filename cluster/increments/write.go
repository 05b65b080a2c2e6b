package increments

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/backup"
	"github.com/google/uuid"
	"github.com/restic/chunker"
	"golang.org/x/sync/errgroup"
)

// How the stream of the state is cut: where its bytes say so, so that what is inserted or left out
// moves no later cut. The files of the database, of which the stream consists, do not change once
// they are written. The polynomial is arbitrary, and the same for ever: another one would cut
// everything elsewhere, and send it again.
const (
	cutBy    = chunker.Pol(0x3DA3358B4DC173)
	minBlock = 256 << 10
	maxBlock = 4 << 20

	// maxKnown is how many of the newest manifests a writer reads to learn what is there.
	maxKnown = 3
	// atOnce is how many blocks are sent at a time.
	atOnce = 4
)

// Times by the store's clock that keep writers apart; prune.go says why.
const (
	// Grace is how long a block stays that no backup names any more.
	Grace = 24 * time.Hour
	// mostWriting is how long writing one backup may take.
	mostWriting = 12 * time.Hour
)

// Writer writes backups into a store.
type Writer struct {
	Store Store
	Every time.Duration // told in manifests
	// Retry is asked, by several at once, whether an object that the store has not taken for so
	// long is to be tried again: nil = yes, after it has waited. A nil Retry tries once.
	Retry func(ctx context.Context, what string, since time.Duration, err error) error
}

// Write writes the backup that r streams. Its manifest is there if and only if err is nil, or not
// known to be. What was sent before an error is not sent again.
func (w *Writer) Write(ctx context.Context, r io.Reader) (*Manifest, error) {
	began := time.Now()
	s := &sending{w: w, run: uuid.NewString()[:8], m: &Manifest{Format: manifestFormat, Every: w.Every, Archives: [][]Block{}, State: []Block{}}}
	if err := s.learn(ctx); err != nil {
		return nil, err
	}
	var inFlight context.Context
	s.group, inFlight = errgroup.WithContext(ctx)
	s.group.SetLimit(atOnce)
	h, err := backup.Read(r, backup.Sink{
		Begin:   func(backup.Header) error { return nil },
		Archive: func(_ catalog.Digest, content []byte) error { return s.archive(inFlight, content) },
		State:   func(r io.Reader) error { return s.state(inFlight, r) },
	})
	if sent := s.group.Wait(); sent != nil {
		err = sent // the cause of what Read says
	}
	if err != nil {
		return nil, err
	}
	s.m.Header, s.m.Begun, s.m.Written = h, began.UTC().Truncate(time.Millisecond), time.Now().UTC().Truncate(time.Millisecond)
	if took := time.Since(began); took > mostWriting {
		return nil, fmt.Errorf("writing the backup took %s, and what it relies upon may be deleted after %s: write it to a store that is nearer", took.Round(time.Minute), Grace)
	}
	if err := s.confirm(ctx); err != nil {
		return nil, err
	}
	content, err := s.m.encode()
	if err != nil {
		return nil, err
	}
	return s.m, w.put(ctx, manifestsAt+s.m.ID()+".json", content)
}

// put stores an object, and repeats it as long as Retry wants.
func (w *Writer) put(ctx context.Context, name string, content []byte) error {
	for began := time.Now(); ; {
		err := w.Store.Put(ctx, name, content)
		if err == nil || ctx.Err() != nil || w.Retry == nil {
			return err
		}
		if err := w.Retry(ctx, name, time.Since(began), err); err != nil {
			return err
		}
	}
}

// sending is one backup on its way.
type sending struct {
	w     *Writer
	m     *Manifest
	run   string
	group *errgroup.Group

	mu    sync.Mutex               // guards the fields below, and m.Sent
	known map[catalog.Digest]Block // blocks that are there, or on their way
}

// learn reads which blocks are there and will be when this ends: young ones, which a broken
// attempt may have left, and those of the newest manifests.
func (s *sending) learn(ctx context.Context) error {
	s.known = map[catalog.Digest]Block{}
	now, err := storesNow(ctx, s.w.Store)
	if err != nil {
		return err
	}
	has, err := blocksOf(ctx, s.w.Store)
	if err != nil {
		return err
	}
	for _, o := range has {
		if b, ok := blockOf(o); ok && now.Sub(o.At) < mostWriting {
			s.known[b.Digest] = b
		}
	}
	ids, err := Names(ctx, s.w.Store)
	if err != nil {
		return err
	}
	for _, id := range ids[max(0, len(ids)-maxKnown):] {
		m, err := Read(ctx, s.w.Store, id)
		if errors.As(err, new(*None)) || errors.As(err, new(*Damaged)) {
			continue
		}
		if err != nil {
			return err
		}
		for _, b := range m.blocks() {
			if o, there := has[b.name()]; there && o.Bytes == b.Bytes {
				s.known[b.Digest] = b
			}
		}
	}
	return nil
}

// archive sends an archive. It is named by its content, so how it is cut matters to nobody.
func (s *sending) archive(ctx context.Context, content []byte) error {
	list := []Block{}
	for len(content) > 0 {
		n := min(len(content), maxBlock)
		b, err := s.block(ctx, content[:n])
		if err != nil {
			return err
		}
		list, content = append(list, b), content[n:]
	}
	s.m.Archives = append(s.m.Archives, list)
	return nil
}

// state cuts the stream of the state and sends it.
func (s *sending) state(ctx context.Context, r io.Reader) error {
	cut := chunker.NewWithBoundaries(r, cutBy, minBlock, maxBlock)
	buffer := make([]byte, maxBlock)
	for {
		c, err := cut.Next(buffer)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		b, err := s.block(ctx, c.Data)
		if err != nil {
			return err
		}
		s.m.State = append(s.m.State, b)
	}
}

// block sends a block unless it is there. It returns before the block has arrived.
func (s *sending) block(ctx context.Context, content []byte) (Block, error) {
	b := Block{digestOf(content), int64(len(content)), s.run}
	s.mu.Lock()
	known, there := s.known[b.Digest]
	if there = there && known.Bytes == b.Bytes; there { // of one that was cut off the name says less
		b = known
	}
	s.known[b.Digest] = b
	s.mu.Unlock()
	if there || ctx.Err() != nil {
		return b, ctx.Err()
	}
	content = bytes.Clone(content)
	s.group.Go(func() error {
		if err := s.w.put(ctx, b.name(), content); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.m.Sent += b.Bytes
		return nil
	})
	return b, nil
}

// confirm looks that every block is there.
func (s *sending) confirm(ctx context.Context) error {
	has, err := blocksOf(ctx, s.w.Store)
	if err != nil {
		return err
	}
	for _, b := range s.m.blocks() {
		if o, there := has[b.name()]; !there || o.Bytes != b.Bytes {
			return fmt.Errorf("%s, which is to be in the store, is not, or is cut off: somebody else deletes there, or the store loses what it has acknowledged", b.name())
		}
	}
	return nil
}

// blocksOf lists all blocks of a store by their names.
func blocksOf(ctx context.Context, s Store) (map[string]Object, error) {
	has := map[string]Object{}
	for o, err := range s.List(ctx, blocksAt) {
		if err != nil {
			return nil, err
		}
		has[o.Name] = o
	}
	return has, nil
}

// storesNow asks a store what time it is there.
func storesNow(ctx context.Context, s Store) (time.Time, error) {
	const name = clockAt + "now"
	if err := s.Put(ctx, name, []byte("the time of this object is the store's\n")); err != nil {
		return time.Time{}, err
	}
	o, err := s.Stat(ctx, name)
	return o.At, err
}

func digestOf(b []byte) catalog.Digest { return sha256.Sum256(b) }
