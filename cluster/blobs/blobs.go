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

// Close ends transfers and waits for them. Peers that were still being sent a blob fetch it when
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

// Blob implements Keeper, for other nodes: what is on this disk, never what this node would have to
// fetch itself.
func (b *Blobs) Blob(ctx context.Context, d catalog.Digest) ([]byte, error) {
	if err := b.received.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer b.received.Release(1)
	return b.cfg.Store.Blob(d)
}

// goes runs f beside its caller, with a context that ends with Close; Close waits for it. It
// answers false when it is too late.
func (b *Blobs) goes(f func(ctx context.Context)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.work.Go(func() { f(b.ctx) })
	return true
}
