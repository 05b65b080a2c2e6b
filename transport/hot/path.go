package hot

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Path is the way to the hot face of one address: the link, if there is one. A nil Path leads
// nowhere.
type Path struct {
	Target Target
	Only   bool // there is no other way: Link waits for a link
	Eager  bool // the face is most likely there, and many calls follow the first: Link waits for a link, unless none could be opened just now

	link    atomic.Pointer[Link]
	opening sync.WaitGroup // the goroutine that opens a link, if there is one

	mu     sync.Mutex         // guards the fields below
	heard  int                // answers over HTTP that offered the face
	busy   chan struct{}      // closed when the link that is being opened is there, or is not; nil = none is
	cancel context.CancelFunc // of what busy waits for
	failed error              // why the last link could not be opened
	again  time.Time          // no link is opened before
}

const (
	openAfter  = 2                // answers over HTTP before a link is opened: it would not pay for a single call
	openAgain  = 10 * time.Second // after a link could not be opened
	eagerAgain = time.Second      // likewise, of an eager path
	openWithin = 5 * time.Second  // for a link to be opened
)

// Hear looks whether an answer over HTTP offers the hot face. If it does, a link will be opened.
func (p *Path) Hear(resp *http.Response) {
	if p == nil || resp.Header.Get(Header) == "" || p.link.Load() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.heard++; p.heard >= openAfter && time.Now().After(p.again) {
		p.begin()
	}
}

// begin begins to open a link, unless there is one or one is being opened. The caller holds mu.
func (p *Path) begin() {
	if p.busy != nil || p.link.Load() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), openWithin)
	busy := make(chan struct{})
	p.busy, p.cancel = busy, cancel
	p.opening.Go(func() {
		defer cancel()
		link, err := Dial(ctx, p.Target)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.failed = err; err != nil {
			p.again = time.Now().Add(openAgain)
			if p.Eager {
				p.again = time.Now().Add(eagerAgain)
			}
		} else {
			p.link.Store(link)
		}
		p.busy = nil
		close(busy)
	})
}

// Link returns the link, nil if there is none. With Only it waits until there is one, and with
// Eager until there is one or none can be had.
func (p *Path) Link(ctx context.Context) (*Link, error) {
	if p == nil {
		return nil, nil
	}
	for {
		if link := p.link.Load(); link != nil || !p.Only && !p.Eager {
			return link, nil
		}
		p.mu.Lock()
		if p.Eager && time.Now().Before(p.again) {
			p.mu.Unlock()
			return nil, nil
		}
		p.failed = nil
		p.begin()
		busy := p.busy
		p.mu.Unlock()
		if busy != nil {
			select {
			case <-busy:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		p.mu.Lock()
		failed := p.failed
		p.mu.Unlock()
		if failed != nil {
			return nil, failed
		}
	}
}

// Over forgets a link that is over, or ends one that leads nowhere.
func (p *Path) Over(link *Link) {
	p.link.CompareAndSwap(link, nil)
	link.end(ErrLost)
}

// Close ends the link when the calls on it are over. The Path can still be used.
func (p *Path) Close() {
	p.mu.Lock()
	if p.busy != nil {
		p.cancel()
	}
	p.mu.Unlock()
	p.opening.Wait()
	if link := p.link.Swap(nil); link != nil {
		link.Retire()
	}
}
