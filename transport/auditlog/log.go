package auditlog

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Config configures a Log. Path and Node are required.
type Config struct {
	Path  string // of the file that is written
	Bytes int64  // of a file, beyond which a new one is begun; 0 = never
	Keep  int    // how many older files are kept
	Node  string // this node's id
	// Strangers is how many calls of unknown callers get a line of their own within a second; 0 =
	// the constant Strangers.
	Strangers int
	// Strict makes Refuses tell why mutations had better be refused while lines cannot be written.
	Strict  bool
	Webhook Webhook
	Logger  hclog.Logger // nil = silent
}

// Webhook is where lines are sent to.
type Webhook struct {
	URL    *url.URL // nil = nowhere
	Secret string   // sent as a bearer token; empty = none
}

// Lines that wait in memory while the file cannot be written, at most. Later ones are lost, which
// is counted and logged.
const maxWaiting = 10_000

const (
	syncEvery  = time.Second // between a write and its sync, at most
	retryEvery = time.Second
)

// Log is an open audit log. Its methods may be called at the same time.
type Log struct {
	cfg     Config
	log     hclog.Logger
	start   string // of the ids of lines
	sender  *sender
	metrics *metrics

	mu      sync.Mutex // guards the fields below
	file    *file
	number  uint64   // of the newest line
	waiting [][]byte // lines that are not in the file yet
	broken  error    // why not; nil = the newest write succeeded
	dirty   bool     // something is not synced
	astray  bool     // the file was moved away, and there is no other yet
	burst   burst
}

// Open opens the log and its file, which it makes if there is none. Run has to be called for lines
// to be synced and sent.
func Open(cfg Config) (*Log, error) {
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, err
	}
	cfg.Path, cfg.Strangers = path, cmp.Or(cfg.Strangers, Strangers)
	l := &Log{cfg: cfg, log: cfg.Logger, start: rand.Text()[:10]}
	if l.log == nil {
		l.log = hclog.NewNullLogger()
	}
	l.log = l.log.Named("audit")
	if l.file, err = openFile(path); err != nil {
		return nil, err
	}
	l.metrics = newMetrics(l)
	if cfg.Webhook.URL != nil {
		l.sender = newSender(cfg, l.log)
	}
	return l, nil
}

// Run syncs and sends lines until ctx ends; then it writes what it can and closes the log.
func (l *Log) Run(ctx context.Context) error {
	var sending sync.WaitGroup
	if l.sender != nil {
		sending.Go(func() { l.sender.run(ctx) })
	}
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			l.tend()
		case <-ctx.Done():
		}
	}
	sending.Wait()
	l.tend()
	return l.Close()
}

// Close closes a log that is not run. Lines that are written later are lost.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := errors.Join(l.broken, l.file.Close())
	l.file, l.broken = nil, os.ErrClosed
	return err
}

// Write writes a line, and completes it by its id, time and node. It does not fail: what cannot be
// written waits.
func (l *Log) Write(line Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if line.Who == "" && l.burst.swallows(&line, l.cfg.Strangers, time.Now()) {
		return
	}
	l.write(&line)
}

// write is Write for the holder of mu.
func (l *Log) write(line *Line) {
	l.number++
	line.ID, line.Time, line.Node = fmt.Sprintf("%s-%s-%d", l.cfg.Node, l.start, l.number), time.Now().UTC(), l.cfg.Node
	b, err := line.encode()
	if err != nil { // there is nothing in a line that cannot be encoded
		l.log.Error("a line cannot be encoded", "error", err)
		return
	}
	l.metrics.lines.Inc()
	if l.broken != nil { // in their order
		l.wait(b)
		return
	}
	if err := l.put(b); err != nil {
		l.log.Error("the audit file cannot be written; lines wait in memory", "file", l.cfg.Path, "error", err)
		l.broken = err
		l.wait(b)
	}
}

func (l *Log) wait(b []byte) {
	if len(l.waiting) >= maxWaiting {
		l.metrics.lost.Inc()
		return
	}
	l.waiting = append(l.waiting, b)
}

// put writes an encoded line.
func (l *Log) put(b []byte) error {
	if l.file == nil {
		return os.ErrClosed
	}
	if err := l.rotate(int64(len(b))); err != nil {
		return err
	}
	if err := l.file.append(b); err != nil {
		return err
	}
	l.dirty = true
	l.sender.wake()
	return nil
}

// tend does what is due from time to time: lines that wait are written, what was written is synced,
// and a file that somebody has moved away is followed by a new one.
func (l *Log) tend() {
	l.mu.Lock()
	if line := l.burst.over(time.Now()); line != nil {
		l.write(line)
	}
	err := l.reopenMoved()
	if err != nil && !l.astray {
		l.log.Error("the audit file was moved away, and none can be opened in its place: lines still go to the one that was moved", "file", l.cfg.Path, "error", err)
	}
	l.astray = err != nil
	for l.broken != nil {
		if len(l.waiting) == 0 {
			l.broken = nil
			l.log.Info("the audit file is written again", "file", l.cfg.Path)
			break
		}
		if err := l.put(l.waiting[0]); err != nil {
			l.broken = err
			break
		}
		l.waiting = l.waiting[1:]
	}
	file, dirty := l.file, l.dirty
	l.dirty = false
	l.mu.Unlock()
	if !dirty || file == nil {
		return
	}
	if err := file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) { // closed = rotated, which syncs
		l.log.Error("the audit file cannot be synced", "file", l.cfg.Path, "error", err)
		l.metrics.unsynced.Inc()
	}
}

// Reopen opens the file anew, for whoever has moved it away.
func (l *Log) Reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reopen()
}

// Refuses returns why mutations had better be refused now: their lines could not be written. Nil
// means that they can, or that the log is not strict.
func (l *Log) Refuses() error {
	if l == nil || !l.cfg.Strict {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken
}
