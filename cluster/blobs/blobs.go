package blobs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"github.com/hashicorp/go-hclog"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"
)

// Peer is a member of the present configuration.
type Peer struct {
	ID      string
	Address string // of the node port
	Voter   bool
}

// Config wires Blobs. Zero times and counts have defaults.
type Config struct {
	Self    string // this node's id
	Store   *Store
	Carrier Carrier
	Members func() []Peer           // the present configuration, this node included
	Named   func() []catalog.Digest // the blobs that applied state names
	Logger  hclog.Logger

	MaxTransfers int           // archives on their way out of here or asked for by here, and again as many on their way in; default 8
	FetchWithin  time.Duration // one try to fetch one archive from all peers together; default 2 min
	LookEvery    time.Duration // how often Run compares what is named with what is here; default 1 s
	SweepEvery   time.Duration // default 10 min
}

// Blobs keeps archives on a majority. It implements engine.Blobs.
type Blobs struct {
	cfg       Config
	transfers *semaphore.Weighted // begun here
	received  *semaphore.Weighted // begun by others: of their own, or two nodes that send to each other could wait for each other
	fetching  singleflight.Group

	ctx    context.Context // of work that outlives its caller; ends with Close
	cancel context.CancelFunc

	mu     sync.Mutex // over everything below
	closed bool
	work   sync.WaitGroup         // added to only while not closed
	puts   map[catalog.Digest]put // the newest that a majority took, for CheckNamed; older than putFresh are dropped
}

// put is a Put that a majority took. Answers that come later still count.
type put struct {
	began time.Time
	*putting
}

var (
	_ engine.Blobs = (*Blobs)(nil)
	_ Keeper       = (*Blobs)(nil)
)

// New puts a store and its peers together. The caller calls Close; the store needs no closing.
func New(cfg Config) *Blobs {
	cfg.Logger = cmp.Or(cfg.Logger, hclog.NewNullLogger())
	cfg.MaxTransfers = cmp.Or(cfg.MaxTransfers, 8)
	cfg.FetchWithin = cmp.Or(cfg.FetchWithin, 2*time.Minute)
	cfg.LookEvery = cmp.Or(cfg.LookEvery, time.Second)
	cfg.SweepEvery = cmp.Or(cfg.SweepEvery, 10*time.Minute)
	b := &Blobs{cfg: cfg, puts: map[catalog.Digest]put{}}
	b.transfers, b.received = semaphore.NewWeighted(int64(cfg.MaxTransfers)), semaphore.NewWeighted(int64(cfg.MaxTransfers))
	b.ctx, b.cancel = context.WithCancel(context.Background())
	cfg.Carrier.HandleBlobs(b)
	return b
}

// Close ends transfers and waits for them. Peers that were still being sent a blob fetch it when the state names it.
func (b *Blobs) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.work.Wait()
	return nil
}

// Put implements engine.Blobs. "Majority" is that of the voters of the configuration when Put begins, this node's own disk included in any case; the other
// members are sent the bytes too, without being waited for. The bytes are not copied: the caller does not change them afterwards.
func (b *Blobs) Put(ctx context.Context, archive []byte) (catalog.Digest, error) {
	began := time.Now()
	d, err := b.cfg.Store.Keep(ctx, archive)
	if err != nil {
		return d, putError(err)
	}
	p := put{began, newPutting(b.cfg.Self, b.cfg.Members())}
	for _, to := range p.others {
		if !b.goes(func(ctx context.Context) { p.answer(to, b.send(ctx, to, d, archive)) }) {
			return d, port.ErrClosing
		}
	}
	if err := p.wait(ctx); err != nil {
		return d, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for old, p := range b.puts {
		if time.Since(p.began) > putFresh {
			delete(b.puts, old)
		}
	}
	b.puts[d] = p
	return d, nil
}

func putError(err error) error {
	var tooLarge *catalog.PackageTooLarge
	if errors.As(err, &tooLarge) {
		return tooLarge
	}
	return &engine.Unavailable{Why: err.Error()}
}

func (b *Blobs) send(ctx context.Context, to Peer, d catalog.Digest, archive []byte) error {
	if err := b.transfers.Acquire(ctx, 1); err != nil {
		return err
	}
	defer b.transfers.Release(1)
	err := b.cfg.Carrier.SendBlob(ctx, port.Server{ID: to.ID, Address: to.Address}, d, archive)
	if err != nil {
		b.cfg.Logger.Warn("a node did not take an archive", "archive", d, "to", to.ID, "error", err)
	}
	return err
}

// KeepBlob implements Keeper, for other nodes.
func (b *Blobs) KeepBlob(ctx context.Context, d catalog.Digest, archive io.Reader) error {
	if err := b.received.Acquire(ctx, 1); err != nil {
		return err
	}
	defer b.received.Release(1)
	return b.cfg.Store.KeepBlob(ctx, d, archive)
}

// Blob implements Keeper, for other nodes: what is on this disk, never what this node would have to fetch itself.
func (b *Blobs) Blob(ctx context.Context, d catalog.Digest) ([]byte, error) {
	if err := b.received.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer b.received.Release(1)
	return b.cfg.Store.Blob(d)
}

// CheckNamed refuses, as *engine.Unavailable, to name a blob that was not put here within the last ten minutes, for it may be swept before the entry is applied; or
// that a majority of today's voters is not known to have, for members may have changed since. Callers that propose an entry which names a blob ask first.
func (b *Blobs) CheckNamed(d catalog.Digest) error {
	members := b.cfg.Members()
	b.mu.Lock()
	p, ok := b.puts[d]
	b.mu.Unlock()
	switch {
	case !ok:
		return &engine.Unavailable{Why: fmt.Sprintf("archive %s was not put by this node within the last %v: deploy it again", d, putFresh)}
	case time.Since(p.began) > putFresh:
		return &engine.Unavailable{Why: fmt.Sprintf("archive %s was put %v ago, more than %v: deploy it again", d, time.Since(p.began).Round(time.Second), putFresh)}
	}
	if have, voters := p.holders(b.cfg.Self, members); 2*have <= voters {
		return &engine.Unavailable{Why: fmt.Sprintf("the members have changed since archive %s was put, it is on %d of %d voters: deploy it again", d, have, voters)}
	}
	return nil
}

// Get implements engine.Blobs. Callers at the same time share one fetch, which goes on when a caller's ctx ends.
func (b *Blobs) Get(ctx context.Context, d catalog.Digest) ([]byte, error) {
	archive, err := b.cfg.Store.Blob(d)
	if !errors.Is(err, ErrNoBlob) {
		return archive, err
	}
	done := b.fetching.DoChan(string(d[:]), func() (any, error) {
		var (
			archive []byte
			err     error = port.ErrClosing
			over          = make(chan struct{})
		)
		if !b.goes(func(ctx context.Context) {
			defer close(over)
			archive, err = b.fetch(ctx, d)
		}) {
			return nil, port.ErrClosing
		}
		<-over
		return archive, err
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.([]byte), nil
	case <-ctx.Done():
		return nil, &engine.Unavailable{Why: fmt.Sprintf("archive %s is still being fetched: %v", d, ctx.Err())}
	}
}

// fetch asks the peers in turn, voters first, until one has the bytes.
func (b *Blobs) fetch(ctx context.Context, d catalog.Digest) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.FetchWithin)
	defer cancel()
	if err := b.transfers.Acquire(ctx, 1); err != nil {
		return nil, &engine.Unavailable{Why: fmt.Sprintf("archive %s is not here, and %d transfers are under way: %v", d, b.cfg.MaxTransfers, err)}
	}
	defer b.transfers.Release(1)
	peers := others(b.cfg.Self, b.cfg.Members())
	asked := make([]string, 0, len(peers))
	for _, p := range peers {
		archive, err := b.cfg.Carrier.FetchBlob(ctx, port.Server{ID: p.ID, Address: p.Address}, d, b.cfg.Store.cfg.MaxBytes)
		if got := catalog.Digest(sha256.Sum256(archive)); err == nil && got != d {
			err = &BadBlob{Digest: d, Got: got}
		}
		if err != nil {
			asked = append(asked, fmt.Sprintf("%s (%v)", p.ID, err))
			continue
		}
		if err := b.cfg.Store.KeepBlob(ctx, d, bytes.NewReader(archive)); err != nil {
			b.cfg.Logger.Warn("a fetched archive could not be kept; it is used all the same", "archive", d, "error", err)
		}
		return archive, nil
	}
	if len(asked) == 0 {
		asked = []string{"nobody, for this node is alone"}
	}
	return nil, &engine.Unavailable{Why: fmt.Sprintf("archive %s is not here; asked %s", d, strings.Join(asked, ", "))}
}

// goes runs f beside its caller, with a context that ends with Close; Close waits for it. It answers false when it is too late.
func (b *Blobs) goes(f func(ctx context.Context)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.work.Go(func() { f(b.ctx) })
	return true
}

// others returns the members without self, voters first, each group by id.
func others(self string, members []Peer) []Peer {
	members = slices.DeleteFunc(slices.Clone(members), func(p Peer) bool { return p.ID == self })
	slices.SortFunc(members, func(a, b Peer) int {
		if a.Voter != b.Voter {
			if a.Voter {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return members
}
