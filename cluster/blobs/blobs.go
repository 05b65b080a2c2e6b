package blobs

import (
	"cmp"
	"context"
	"io"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"github.com/hashicorp/go-hclog"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"
)

// Config wires Blobs. Zero times and counts have defaults.
type Config struct {
	Self    string // this node's id
	Store   *Store
	Carrier Carrier
	Members func() []Peer           // the current configuration, including this node
	Named   func() []catalog.Digest // the blobs that applied state names
	Logger  hclog.Logger

	MaxTransfers int           // transfers that this node starts, and again as many that others start; default 8
	FetchWithin  time.Duration // one attempt to fetch one archive from all peers together; default 2 min
	LookEvery    time.Duration // how often Run compares the named archives with those on disk; default 1 s
	SweepEvery   time.Duration // default 10 min
	ScrubEvery   time.Duration // how often Run reads all archives again; 0 = never
}

// Blobs stores archives on a majority. It implements engine.Blobs.
type Blobs struct {
	cfg       Config
	transfers *semaphore.Weighted // started by this node
	// started by others: a budget of their own, or two nodes that send to each other could wait for
	// each other
	received *semaphore.Weighted
	fetching singleflight.Group
	scrubbed Scrubbed

	ctx    context.Context // for work that outlives its caller; ends with Close
	cancel context.CancelFunc

	mu     sync.Mutex // guards the fields below
	closed bool
	work   sync.WaitGroup // added to only while not closed
	// the newest archives that a majority took, for CheckNamed; those older than putFresh are
	// dropped
	puts map[catalog.Digest]put
}

var (
	_ engine.Blobs = (*Blobs)(nil)
	_ Keeper       = (*Blobs)(nil)
)

// New connects a store with its peers. The caller calls Close; the store needs no closing.
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

// Close ends transfers and waits for them. A peer whose transfer is cut short fetches the blob when
// the state names it.
func (b *Blobs) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.work.Wait()
	return nil
}

// KeepBlob implements Keeper, for other nodes.
func (b *Blobs) KeepBlob(ctx context.Context, d catalog.Digest, archive io.Reader) error {
	if err := b.received.Acquire(ctx, 1); err != nil {
		return err
	}
	defer b.received.Release(1)
	return b.cfg.Store.KeepBlob(ctx, d, archive)
}

// Blob implements Keeper, for other nodes. It returns only what is on this disk, never what this
// node would have to fetch itself. The archive counts as a transfer until it is sent, because it is
// in memory that long.
func (b *Blobs) Blob(ctx context.Context, d catalog.Digest, send func(archive []byte) error) error {
	if err := b.received.Acquire(ctx, 1); err != nil {
		return err
	}
	defer b.received.Release(1)
	archive, err := b.cfg.Store.Blob(d)
	if err != nil {
		return err
	}
	return send(archive)
}

// startTracked runs f in a goroutine that Close waits for, with a context that ends with Close. It
// returns false if Blobs is already closed.
func (b *Blobs) startTracked(f func(ctx context.Context)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.work.Go(func() { f(b.ctx) })
	return true
}
