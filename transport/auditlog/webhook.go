package auditlog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	maxLine     = 64 << 10 // longest line that is sent; no line is longer
	maxBatch    = 1 << 20  // bytes of one call of the webhook
	webhookTime = 10 * time.Second
	lookEvery   = time.Second            // for lines, when nothing wakes the sender
	saveEvery   = time.Second            // how far it has come, at most: the disk is the log's, too
	gather      = 100 * time.Millisecond // that lines come together in, so that a call has several
	backoffMost = time.Minute
)

// sender sends lines from the files to the webhook, in their order, and notes how far it has come.
// A line is sent again if nobody knows whether it has arrived; its id tells.
type sender struct {
	cfg    Config
	log    hclog.Logger
	client *http.Client
	woken  chan struct{}
	at     atomic.Pointer[position]
	saved  position // on the disk
	when   time.Time

	calls, failed prometheus.Counter
	newest        prometheus.Gauge
	behind        prometheus.GaugeFunc
}

func newSender(cfg Config, log hclog.Logger) *sender {
	s := &sender{cfg: cfg, log: log, woken: make(chan struct{}, 1)}
	s.client = &http.Client{
		Timeout:       webhookTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.calls = prometheus.NewCounter(prometheus.CounterOpts{Name: "aion_audit_webhook_calls_total", Help: "Calls of the audit webhook that it accepted."})
	s.failed = prometheus.NewCounter(prometheus.CounterOpts{Name: "aion_audit_webhook_failures_total", Help: "Calls of the audit webhook that failed; they are repeated."})
	s.newest = prometheus.NewGauge(prometheus.GaugeOpts{Name: "aion_audit_webhook_success_timestamp_seconds", Help: "When the audit webhook last accepted a call; 0 = not since the node started."})
	s.behind = prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "aion_audit_webhook_behind_bytes", Help: "Bytes of the audit files that the webhook has not got yet."}, func() float64 { return float64(s.left()) })
	return s
}

func (s *sender) collectors() []prometheus.Collector {
	return []prometheus.Collector{s.calls, s.failed, s.newest, s.behind}
}

func (s *sender) positionFile() string { return s.cfg.Path + ".sent" }

// wake tells the sender that there is a new line.
func (s *sender) wake() {
	if s == nil {
		return
	}
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// run sends until ctx ends.
func (s *sender) run(ctx context.Context) {
	at, err := readPosition(s.positionFile())
	if err != nil {
		s.log.Error("how far the audit webhook has the lines cannot be read: all are sent again", "file", s.positionFile(), "error", err)
		at = position{}
	}
	s.at.Store(&at)
	s.saved = at
	defer func() { s.save() }()
	var wait time.Duration
	for ctx.Err() == nil {
		n, err := s.sendNext(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.failed.Inc()
			if wait = min(max(2*wait, time.Second), backoffMost); wait == time.Second {
				s.log.Warn("the audit webhook does not accept lines; they stay in the file, and are sent later", "error", err)
			}
			pause(ctx, wait, nil)
		default:
			if wait > 0 {
				s.log.Info("the audit webhook accepts lines again")
			}
			wait = 0
			if n == 0 || time.Since(s.when) >= saveEvery {
				s.save()
			}
			if n == 0 {
				pause(ctx, lookEvery, s.woken)
			}
			if n < maxBatch/2 {
				pause(ctx, gather, nil)
			}
		}
	}
}

// save notes on the disk how far the sender has come. What is sent after that is sent again if the
// node dies.
func (s *sender) save() {
	at := *s.at.Load()
	if at == s.saved {
		return
	}
	s.when = time.Now()
	if err := at.write(s.positionFile()); err != nil {
		s.log.Error("how far the audit webhook has the lines cannot be noted", "file", s.positionFile(), "error", err)
		return
	}
	s.saved = at
}

// pause waits, at most until woken.
func pause(ctx context.Context, d time.Duration, woken <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-woken:
	case <-ctx.Done():
	}
}

// sendNext sends the next lines, and returns how many bytes they have; 0 = there are none.
func (s *sender) sendNext(ctx context.Context) (int, error) {
	at := *s.at.Load()
	files, err := list(s.cfg.Path)
	if err != nil || len(files) == 0 {
		return 0, err
	}
	current := 0
	for i, f := range files {
		if f.first == at.File {
			current = i
		}
	}
	if files[current].first != at.File { // the one it was at is gone, or it was at none
		at = position{File: files[current].first}
	}
	for {
		lines, err := readLines(files[current].path, at.Offset)
		if err != nil {
			return 0, err
		}
		if len(lines) > 0 {
			if err := s.call(ctx, lines); err != nil {
				return 0, err
			}
			at.Offset += int64(len(lines))
			s.at.Store(&at)
			return len(lines), nil
		}
		if current++; current == len(files) {
			return 0, nil
		}
		at = position{File: files[current].first}
	}
}

// readLines reads whole lines of a file from an offset on, as many as one call takes.
func readLines(path string, offset int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, offset, maxBatch))
	if err != nil {
		return nil, err
	}
	return b[:bytes.LastIndexByte(b, '\n')+1], nil
}

// call makes one call of the webhook.
func (s *sender) call(ctx context.Context, lines []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.Webhook.URL.String(), bytes.NewReader(lines))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set("Aion-Node", s.cfg.Node)
	if s.cfg.Webhook.Secret != "" {
		r.Header.Set("Authorization", "Bearer "+s.cfg.Webhook.Secret)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return err
	}
	io.Copy(io.Discard, io.LimitReader(answer.Body, maxLine)) // so that the connection stays
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s", answer.Status)
	}
	s.calls.Inc()
	s.newest.SetToCurrentTime()
	return nil
}

// left returns how many bytes are not sent.
func (s *sender) left() (n int64) {
	at := s.at.Load()
	files, err := list(s.cfg.Path)
	if err != nil || at == nil {
		return 0
	}
	for i := len(files) - 1; i >= 0; i-- {
		if info, err := os.Stat(files[i].path); err == nil {
			n += info.Size()
		}
		if files[i].first == at.File {
			return max(0, n-at.Offset)
		}
	}
	return n
}

// lacks reports whether some of a file is not sent.
func (s *sender) lacks(path string) bool {
	if s == nil {
		return false
	}
	files, err := list(s.cfg.Path)
	at := s.at.Load()
	if err != nil || at == nil {
		return true
	}
	after := false // f stands after the file that is being sent
	for _, f := range files {
		if f.path == path {
			info, err := os.Stat(path)
			return after || at.File == "" || err != nil || f.first == at.File && at.Offset < info.Size()
		}
		after = after || f.first == at.File
	}
	return false
}
