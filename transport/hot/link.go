package hot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/hot/pb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
)

// Target is where a Link leads, and who calls.
type Target struct {
	Address string             // host:port
	TLS     func() *tls.Config // asked for each connection; nil = plain text
	Header  func() http.Header // that all calls of the link have in common: the token, the actor; nil = none
	// Dial connects; nil = net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// ErrOver is the error of calls on a link that is over: they were not sent. Lost is the error of
// those that were.
var (
	ErrOver = errors.New("the stream to the node is over")
	ErrLost = errors.New("the stream to the node broke before the answer")
)

// Link is a stream to a node, for any number of calls at a time. It ends with its connection, when
// the node ends it, after a while without calls, and by Close.
type Link struct {
	stream pb.Hot_StreamClient
	conn   *grpc.ClientConn
	cancel context.CancelFunc
	woken  chan struct{} // receives a value if there is something for the writer
	done   chan struct{} // closed when the link is over
	idle   *time.Timer
	both   sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	heard   time.Time  // when the node last said something
	last    uint64     // id of the newest call
	waiting map[uint64]*waiting
	out     []*pb.Call
	givenUp []uint64
	retired bool
	why     error // the link is over
}

// waiting is a call without an answer so far.
type waiting struct {
	answer chan *pb.Answer // closed without one if there will be none
	sent   bool
}

const (
	// linger is how long a link without calls lasts: less than the node grants it.
	linger = idle * 3 / 4
	// suspect is the silence after which a call whose time is over ends the link.
	suspect = 2 * time.Second
)

// Dial opens a link. ctx bounds only that.
func Dial(ctx context.Context, t Target) (*Link, error) {
	dial := t.Dial
	if dial == nil {
		dial = (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext
	}
	var failed atomic.Pointer[error] // of dial: gRPC keeps only its text
	conn, err := grpc.NewClient("passthrough:///"+t.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()), // TLS is below: see secure
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			c, err := dial(ctx, "tcp", address)
			if err == nil && t.TLS != nil {
				c, err = secure(ctx, c, t.TLS(), address)
			}
			if err != nil {
				failed.Store(&err)
			}
			return c, err
		}),
		grpc.WithAuthority(t.Address), grpc.WithNoProxy(), grpc.WithDisableRetry(), grpc.WithDisableServiceConfig(),
		grpc.WithInitialWindowSize(4*window), grpc.WithInitialConnWindowSize(4*window),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pinged, Timeout: pinged}),
	)
	if err != nil {
		return nil, err
	}
	l := &Link{conn: conn, woken: make(chan struct{}, 1), done: make(chan struct{}), waiting: map[uint64]*waiting{}}
	var header http.Header
	if t.Header != nil {
		header = t.Header()
	}
	if err := l.open(ctx, header); err != nil {
		conn.Close()
		if cause := failed.Load(); cause != nil {
			err = *cause
		}
		return nil, err
	}
	l.idle = time.AfterFunc(linger, l.expire)
	l.both.Go(l.read)
	l.both.Go(l.write)
	return l, nil
}

// open begins the stream, and waits until the node has let it in.
func (l *Link) open(ctx context.Context, h http.Header) error {
	md := metadata.MD{}
	for name, values := range h {
		md[strings.ToLower(name)] = values
	}
	lasting, cancel := context.WithCancel(metadata.NewOutgoingContext(context.WithoutCancel(ctx), md))
	l.cancel = cancel
	defer context.AfterFunc(ctx, cancel)()
	var err error
	if l.stream, err = pb.NewHotClient(l.conn).Stream(lasting); err == nil {
		md, err = l.stream.Header()
	}
	if err == nil && len(md.Get(Header)) == 0 {
		if _, err = l.stream.Recv(); err == nil || err == io.EOF { // a stream that was refused has an error here
			err = errors.New("the other end is no node")
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		cancel()
		if p := problemOf(err); p != nil {
			return p
		}
		return fmt.Errorf("open a stream: %w", err)
	}
	return nil
}

// secure makes a connection one of TLS on which the other end knows this protocol.
func secure(ctx context.Context, c net.Conn, cfg *tls.Config, address string) (net.Conn, error) {
	if cfg = cfg.Clone(); cfg == nil {
		cfg = &tls.Config{}
	}
	cfg.NextProtos = []string{Protocol}
	if cfg.ServerName == "" {
		cfg.ServerName, _, _ = net.SplitHostPort(address)
	}
	secured := tls.Client(c, cfg)
	err := secured.HandshakeContext(ctx)
	if err == nil && secured.ConnectionState().NegotiatedProtocol != Protocol {
		err = errors.New("the other end does not speak " + Protocol)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return secured, nil
}

// Do makes a call. It takes c, and sets its id. A problem is part of the answer; the error is
// ErrOver or ErrLost, or that of ctx: then the node is told that nobody waits any more.
func (l *Link) Do(ctx context.Context, c *pb.Call) (*pb.Answer, error) {
	w := &waiting{answer: make(chan *pb.Answer, 1)}
	began := time.Now()
	l.mu.Lock()
	if l.why != nil || l.retired {
		l.mu.Unlock()
		return nil, ErrOver
	}
	if len(l.waiting) == 0 {
		l.idle.Stop()
	}
	l.last++
	c.Id = l.last
	l.waiting[c.Id] = w
	l.out = append(l.out, c)
	wake(l.woken)
	l.mu.Unlock()
	select {
	case a := <-w.answer:
		if a != nil {
			return a, nil
		}
		if !w.sent {
			return nil, ErrOver
		}
		return nil, ErrLost
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		switch {
		case l.waiting[c.Id] == nil:
		case ctx.Err() == context.DeadlineExceeded && l.heard.Before(began) && time.Since(began) > suspect:
			l.endLocked(ErrLost) // the connection may lead nowhere, and another call must not learn that as late
		case w.sent:
			l.forget(c.Id)
			l.givenUp = append(l.givenUp, c.Id)
			wake(l.woken)
		default: // the node would begin it after it was told that nobody waits
			l.forget(c.Id)
			l.out = slices.DeleteFunc(l.out, func(queued *pb.Call) bool { return queued == c })
		}
		return nil, ctx.Err()
	}
}

// forget ends a call. The caller holds mu.
func (l *Link) forget(id uint64) {
	switch delete(l.waiting, id); {
	case len(l.waiting) > 0 || l.why != nil:
	case l.retired:
		l.idle.Reset(0)
	default:
		l.idle.Reset(linger)
	}
}

// Done is closed when the link is over.
func (l *Link) Done() <-chan struct{} { return l.done }

// Retire ends the link once no call is under way. Do makes no more calls on it.
func (l *Link) Retire() {
	l.mu.Lock()
	l.retired = true
	used := len(l.waiting) > 0
	l.mu.Unlock()
	if !used {
		l.Close()
	}
}

// Close ends the link, and every call on it.
func (l *Link) Close() {
	l.end(ErrOver)
	l.both.Wait()
}

// expire ends a link that nobody uses.
func (l *Link) expire() {
	l.mu.Lock()
	used := len(l.waiting) > 0
	l.mu.Unlock()
	if !used {
		l.end(ErrOver)
	}
}

func (l *Link) end(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endLocked(why)
}

// endLocked is end for a caller that holds mu.
func (l *Link) endLocked(why error) {
	if l.why != nil {
		return
	}
	l.why = why
	for _, w := range l.waiting {
		close(w.answer)
	}
	l.waiting, l.out, l.givenUp = nil, nil, nil
	l.idle.Stop()
	close(l.done)
	l.cancel()
	go l.conn.Close() // it waits for the connection, and a caller may hold a lock that Dial wants
}

// read passes answers on to those who wait for them.
func (l *Link) read() {
	for {
		b, err := l.stream.Recv()
		if err != nil {
			l.end(err)
			return
		}
		l.mu.Lock()
		l.heard = time.Now()
		for _, a := range b.GetAnswers() {
			if w := l.waiting[a.GetId()]; w != nil {
				l.forget(a.GetId())
				w.answer <- a
			}
		}
		l.mu.Unlock()
	}
}

// write sends what callers have queued, as much at a time as there is.
func (l *Link) write() {
	for {
		select {
		case <-l.woken:
		case <-l.done:
			return
		}
		for b := l.take(); b != nil; b = l.take() {
			if err := l.stream.Send(b); err != nil {
				return // read learns why
			}
		}
	}
}

// take returns what fits into one message; nil if there is nothing.
func (l *Link) take() *pb.CallBatch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.out) == 0 && len(l.givenUp) == 0 {
		return nil
	}
	n, size := 0, 0
	for ; n < len(l.out); n++ {
		if size += len(l.out[n].Body) + perMessage; n > 0 && size > maxBatch {
			break
		}
		if w := l.waiting[l.out[n].Id]; w != nil {
			w.sent = true
		}
	}
	b := &pb.CallBatch{Calls: l.out[:n:n], GivenUp: l.givenUp}
	l.givenUp = nil
	if l.out = l.out[n:]; len(l.out) == 0 {
		l.out = nil
	}
	return b
}
