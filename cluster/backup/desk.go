package backup

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"github.com/google/uuid"
	"github.com/hashicorp/go-hclog"
)

// DeskConfig bounds what backups take of a node. Zero fields have defaults.
type DeskConfig struct {
	AtOnce         int           // backups that are open at a time; default 1
	Keep           time.Duration // how long one that is not being sent stays open, to go on where it stopped; default 10 min
	BytesPerSecond int64         // of each; 0 = as fast as the caller reads
	Logger         hclog.Logger
}

// Desk keeps the backups that a node has open. Each holds a picture of the state, and with it disk
// space that the state has given up since. Any goroutine may call its methods.
type Desk struct {
	cfg DeskConfig

	mu   sync.Mutex // guards the fields below, and those of sessions
	open []*Session // oldest first
	shut bool
	stat Stats
}

// Stats are figures of a desk.
type Stats struct {
	Open     int
	Sent     uint64    // bytes, since the node started
	Done     uint64    // backups that were sent to their end
	LastDone time.Time // when the last of them was; zero = none
}

// Taken is what a session sends.
type Taken struct {
	Header  Header
	From    Source
	Release func() // called once, when nothing reads From any more
}

// Session is one backup that a node has open.
type Session struct {
	desk   *Desk
	taken  Taken
	size   int64
	since  time.Time
	idle   time.Time          // since when nobody has read it; zero while somebody does
	stop   context.CancelFunc // of the Send under way, or nil
	over   chan struct{}      // closed when the Send under way has ended
	gone   bool
	expiry *time.Timer
}

// Gone says that a node does not have a backup open (any more).
type Gone struct{ ID string }

// Error implements error.
func (g *Gone) Error() string {
	return fmt.Sprintf("this node does not have backup %s open: it was kept too long, gave way to another one, or the node was started again; begin a new one", g.ID)
}

// Code implements fsm.Refusal.
func (g *Gone) Code() string { return "not_found" }

// Facts implements fsm.Refusal.
func (g *Gone) Facts() map[string]any { return map[string]any{"backup_id": g.ID} }

// NewDesk makes a Desk.
func NewDesk(cfg DeskConfig) *Desk {
	cfg.AtOnce = cmp.Or(cfg.AtOnce, 1)
	cfg.Keep = cmp.Or(cfg.Keep, 10*time.Minute)
	cfg.Logger = cmp.Or(cfg.Logger, hclog.NewNullLogger())
	return &Desk{cfg: cfg}
}

// Begin opens a backup. If as many are open as may be, it takes the place of the oldest that is not
// being sent. The caller calls Send or Drop.
func (d *Desk) Begin(take func(id string) (Taken, error)) (*Session, error) {
	s := &Session{desk: d, since: time.Now()}
	id := uuid.NewString()
	s.taken.Header.ID = id
	release, err := d.place(s)
	if err != nil {
		return nil, err
	}
	release()
	t, err := take(id)
	if err == nil {
		t.Header.ID = id
		s.size, err = t.Header.Size()
	}
	d.mu.Lock()
	if err == nil {
		s.taken = t
		if s.gone { // the desk was closed meanwhile
			err = &engine.Unavailable{Why: "this node is shutting down"}
		}
	}
	d.mu.Unlock()
	if err != nil {
		d.drop(s)
		if t.Release != nil {
			t.Release()
		}
		return nil, err
	}
	return s, nil
}

// place gives a session its place, and returns how to release the one that gave way.
func (d *Desk) place(s *Session) (release func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		return nil, &engine.Unavailable{Why: "this node is shutting down"}
	}
	release = func() {}
	if len(d.open) >= d.cfg.AtOnce {
		at := -1
		for i, o := range d.open {
			if at < 0 && !o.idle.IsZero() {
				at = i
			}
		}
		if at < 0 {
			first := d.open[0]
			return nil, &engine.Unavailable{Why: fmt.Sprintf("backup %s has been under way on this node for %s, and backup.at_once is %d: wait for it, or ask another node",
				first.taken.Header.ID, time.Since(first.since).Round(time.Second), d.cfg.AtOnce)}
		}
		release = d.remove(d.open[at])
	}
	d.open = append(d.open, s)
	return release, nil
}

// remove takes a session off the desk, and returns how to release it. The caller holds d.mu.
func (d *Desk) remove(s *Session) (release func()) {
	for i, o := range d.open {
		if o == s {
			d.open = append(d.open[:i:i], d.open[i+1:]...)
		}
	}
	if s.expiry != nil {
		s.expiry.Stop()
	}
	if s.gone {
		return func() {}
	}
	s.gone = true
	if s.taken.Release == nil {
		return func() {}
	}
	return s.taken.Release
}

func (d *Desk) drop(s *Session) {
	d.mu.Lock()
	release := d.remove(s)
	d.mu.Unlock()
	release()
}

// Find returns a backup that is open.
func (d *Desk) Find(id string) (*Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.open {
		if s.taken.Header.ID == id && s.size > 0 {
			return s, nil
		}
	}
	return nil, &Gone{id}
}

// Header returns the header of the file.
func (s *Session) Header() Header { return s.taken.Header }

// Size returns how many bytes the file has.
func (s *Session) Size() int64 { return s.size }

// Drop closes a session that is not being sent.
func (s *Session) Drop() { s.desk.drop(s) }

// Send writes the file from an offset on. A Send of the same session that is under way ends: its
// caller has lost its connection. Afterwards the session stays open for a while.
func (s *Session) Send(ctx context.Context, w io.Writer, offset int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	over := make(chan struct{})
	if err := s.take(ctx, cancel, over); err != nil {
		return err
	}
	out := &paced{ctx: ctx, w: w, desk: s.desk, began: time.Now(), rate: s.desk.cfg.BytesPerSecond}
	err := Write(ctx, out, s.taken.Header, s.taken.From, offset)
	s.leave(over, err == nil)
	return err
}

// take makes this Send the only one.
func (s *Session) take(ctx context.Context, cancel context.CancelFunc, over chan struct{}) error {
	d := s.desk
	for {
		d.mu.Lock()
		switch {
		case s.gone || d.shut:
			d.mu.Unlock()
			return &Gone{s.taken.Header.ID}
		case s.over == nil:
			s.stop, s.over, s.idle = cancel, over, time.Time{}
			if s.expiry != nil {
				s.expiry.Stop()
			}
			d.mu.Unlock()
			return nil
		}
		s.stop()
		before := s.over
		d.mu.Unlock()
		select {
		case <-before:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// leave ends a Send.
func (s *Session) leave(over chan struct{}, done bool) {
	d := s.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	s.stop, s.over, s.idle = nil, nil, time.Now()
	close(over)
	if done {
		d.stat.Done++
		d.stat.LastDone = s.idle
	}
	if !s.gone {
		since := s.idle
		s.expiry = time.AfterFunc(d.cfg.Keep, func() { d.expire(s, since) })
	}
}

// expire closes a session that nobody has read since.
func (d *Desk) expire(s *Session, since time.Time) {
	d.mu.Lock()
	release := func() {}
	if !s.gone && s.over == nil && s.idle.Equal(since) {
		release = d.remove(s)
		d.cfg.Logger.Info("a backup that nobody went on with is closed", "backup", s.taken.Header.ID, "index", s.taken.Header.Index)
	}
	d.mu.Unlock()
	release()
}

// Archives returns the archives that open backups need.
func (d *Desk) Archives() (all []catalog.Digest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.open {
		for _, a := range s.taken.Header.Archives {
			all = append(all, a.Digest)
		}
	}
	return all
}

// Stats returns the desk's figures.
func (d *Desk) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.stat
	s.Open = len(d.open)
	return s
}

// Close ends all sessions and waits for those that are being sent.
func (d *Desk) Close() error {
	d.mu.Lock()
	d.shut = true
	all := append([]*Session(nil), d.open...)
	d.mu.Unlock()
	for _, s := range all {
		d.mu.Lock()
		over := s.over
		if s.stop != nil {
			s.stop()
		}
		d.mu.Unlock()
		if over != nil {
			<-over
		}
		d.drop(s)
	}
	return nil
}

// paced writes no faster than it may, and counts.
type paced struct {
	ctx   context.Context
	w     io.Writer
	desk  *Desk
	began time.Time
	rate  int64
	sent  int64
}

// Write implements io.Writer.
func (p *paced) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.sent += int64(n)
	p.desk.mu.Lock()
	p.desk.stat.Sent += uint64(n)
	p.desk.mu.Unlock()
	if err != nil || p.rate <= 0 {
		return n, err
	}
	due := p.began.Add(time.Duration(float64(p.sent) / float64(p.rate) * float64(time.Second)))
	t := time.NewTimer(time.Until(due))
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.ctx.Done():
		return n, p.ctx.Err()
	}
	return n, nil
}
