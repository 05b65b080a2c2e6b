package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/transport/wire"
)

// maxEvent bounds a line of an event stream.
const maxEvent = 4 << 20

// Follow yields a run's events with seq >= from as they appear, and ends after the last event of a
// closed run. An error is yielded once, at the end.
func (c *Client) Follow(ctx context.Context, ref wire.RunRef, from uint64, opts ...Option) iter.Seq2[wire.Event, error] {
	return func(yield func(wire.Event, error) bool) {
		for from = max(from, 1); ; {
			h, err := c.History(ctx, ref, from, wire.MaxPage, wire.MaxWait/2, opts...)
			if err != nil {
				yield(wire.Event{}, err)
				return
			}
			for _, e := range h.Events {
				if !yield(e, nil) {
					return
				}
			}
			if h.Next == 0 {
				return
			}
			from = h.Next
		}
	}
}

// EventFilter says where an event stream starts and what it contains. The zero value selects
// everything from now on.
type EventFilter struct {
	After *uint64  // events with an index above this one; 0 = from the oldest event that is kept. Nil = from now on
	Names []string // PackageLoaded, ...; empty = all
}

// Events yields the cluster's events as they appear. It reconnects, also to other nodes, and
// continues where it was: it may repeat the events of one index, but skips none. It ends when ctx
// ends, or after no node was reachable for Patience; then it yields the error once, at the end.
func (c *Client) Events(ctx context.Context, f EventFilter) iter.Seq2[wire.StreamEvent, error] {
	return func(yield func(wire.StreamEvent, error) bool) {
		s := &stream{client: c, filter: f, at: int(c.last.Load())}
		began, hopeless, reached := time.Now(), 0, false
		var until time.Time
		traced, attempted := c.watch(ctx)
		defer attempted(false)
		for failed := 0; ; {
			got, err := s.connect(traced, yield)
			if s.stopped {
				return
			}
			if ctx.Err() != nil {
				yield(wire.StreamEvent{}, ctx.Err())
				return
			}
			attempted(!isSilent(err))
			if hopeless++; !isHopeless(err) {
				hopeless = 0
			}
			if hopeless == len(c.bases) {
				err = errors.Unwrap(err)
			}
			if err != nil && !mayRepeat(err) {
				yield(wire.StreamEvent{}, err)
				return
			}
			if got {
				failed = 0
			}
			reached = reached || got || !dialFailed(err)
			if failed++; failed == 1 {
				until = time.Now().Add(c.patience)
			}
			s.at++
			last := until
			if !reached {
				last = c.untilConnected(began, until)
			}
			if !pause(ctx, failed, last) && ctx.Err() == nil {
				yield(wire.StreamEvent{}, c.gaveUp(&call{}, err, false))
				return
			}
		}
	}
}

// stream is the position of an event stream, across connections.
type stream struct {
	client  *Client
	filter  EventFilter
	at      int // address
	stopped bool
}

// connect yields events until the connection ends. It reports whether it received anything.
func (s *stream) connect(ctx context.Context, yield func(wire.StreamEvent, error) bool) (got bool, err error) {
	call := get("v1", "events")
	call.accept = "text/event-stream"
	if s.filter.After != nil {
		call.set("after", strconv.FormatUint(*s.filter.After, 10))
	}
	if len(s.filter.Names) > 0 {
		call.set("names", strings.Join(s.filter.Names, ","))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silent := time.AfterFunc(attemptTimeout, cancel) // a live node sends a heartbeat at least every 10 s
	defer silent.Stop()
	base := s.client.bases[s.at%len(s.client.bases)]
	ctx, pulse := s.client.feel(ctx, base, quietFirst)
	defer pulse.stop()
	resp, err := s.client.send(ctx, base, call)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if p := misdirected(base, resp, body); p != nil {
			return false, p
		}
		return false, wire.ParseProblem(resp.StatusCode, body)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 0, 4096), maxEvent)
	var e wire.StreamEvent
	for lines.Scan() {
		silent.Reset(attemptTimeout)
		pulse.heard()
		got = true
		if done := s.line(&e, lines.Bytes()); !done {
			continue
		}
		if e.Data != nil && !yield(e, nil) {
			s.stopped = true
			return true, nil
		}
		if e.ID != 0 {
			id := e.ID
			s.filter.After = &id
		}
		e = wire.StreamEvent{}
	}
	if err := givenUp(ctx); err != nil {
		return got, err
	}
	err = lines.Err()
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return got, &broken{sent: true, cause: fmt.Errorf("the event stream ended: %w", err)}
}

// line parses one line of the stream into e, and reports whether it ended the event.
func (s *stream) line(e *wire.StreamEvent, line []byte) bool {
	if len(line) == 0 {
		return e.Data != nil || e.ID != 0
	}
	field, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(field) {
	case "id":
		e.ID, _ = strconv.ParseUint(string(value), 10, 64)
	case "event":
		e.Name = string(value)
	case "data":
		e.Data = json.RawMessage(bytes.Clone(value))
	}
	return false
}
