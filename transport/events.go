package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// EventFeed is what the event stream needs from a node.
type EventFeed interface {
	// Feed returns public events after the cursor, waiting up to wait for the first one.
	Feed(ctx context.Context, after fsm.FeedCursor, limit int, wait time.Duration) ([]fsm.FeedEvent, fsm.FeedCursor, error)
	// Deploys, as a stale read, returns the index of this node's state.
	Deploys(ctx context.Context, rd engine.Read, typ string, limit int, cursor string) (*engine.DeployPage, error)
}

var eventNames = []string{"PackageLoaded", "RouteChanged", "VersionUnloaded", "VersionDrained", "CanaryStarted", "CanaryChanged", "CanaryPromoted", "CanaryAborted", "DeployRefused", "VersionReadinessChanged", "LeaderChanged", "MemberChanged", "PolicyChanged", "WorkflowClosed"}

// eventsInput has the parameters of every read. However fresh the answer must be, it is the stream
// of this node's state, which tells its place in it by ids.
type eventsInput struct {
	Fresh
	After string `query:"after" doc:"Log index to go on after; 0 = from the oldest event that is kept. Default: from now on"`
	Last  string `header:"Last-Event-ID" doc:"As after; a browser that reconnects sends it"`
	Names string `query:"names" doc:"Comma separated; default: all events"`
}

// events streams the feed of this node's own state; the feed is the same on every node. Only the
// last event of an index carries an id, so a stream that resumes after it may repeat events of one
// index, but skips none. A frame with only an id reports the stream's position. Nothing is queued
// here for a slow consumer: its next events stay in the state, and it has streamWrite to read a
// batch.
func (s *Server) events(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	rd, index, err := s.stateHere(ctx, in.Fresh)
	if err != nil {
		return nil, err
	}
	st, err := s.newStream(ctx, in)
	if err != nil {
		return nil, err
	}
	release, err := s.streams.acquire()
	if err != nil {
		return nil, err
	}
	// The first read shows whether the stream can start there, while a problem can still be
	// returned.
	if st.batch, st.next, err = s.cfg.EventFeed.Feed(ctx, st.next, streamBatch, 0); err != nil {
		release()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(huma.Context) {
		defer release()
		h := exchangeOf(ctx).w.Header()
		h.Set(wire.HeaderIndex, strconv.FormatUint(index, 10))
		if contact := s.contact(rd); contact != "" {
			h.Set(wire.HeaderLeaderContact, contact)
		}
		st.run(ctx)
	}}, nil
}

// stream is one consumer of events.
type stream struct {
	server *Server
	names  []string // empty = all
	next   fsm.FeedCursor
	batch  []fsm.FeedEvent
	told   uint64 // the newest id sent
}

func (s *Server) newStream(ctx context.Context, in *eventsInput) (*stream, error) {
	st := &stream{server: s}
	var err error
	after, name := in.Last, "Last-Event-ID"
	if after == "" {
		after, name = in.After, "after"
	}
	if after == "" { // from now on: any stale read returns the index of this node's state
		page, err := s.cfg.EventFeed.Deploys(ctx, engine.Read{Stale: true}, "", 1, "")
		if err != nil {
			return nil, err
		}
		st.told = page.Index
	} else if st.told, err = strconv.ParseUint(after, 10, 64); err != nil {
		return nil, invalid(name, "is %q; want a log index", clip(after))
	}
	if st.told > 0 { // the zero cursor starts at the oldest event that is kept
		st.next = fsm.FeedCursor{Index: st.told, N: math.MaxUint32}
	}
	if in.Names != "" {
		st.names = strings.Split(in.Names, ",")
		for _, n := range st.names {
			if !slices.Contains(eventNames, n) {
				return nil, invalid("names", "has %q; there are %s", clip(n), strings.Join(eventNames, ", "))
			}
		}
	}
	return st, nil
}

// run writes events until the consumer disconnects, is too slow, or the server closes.
func (st *stream) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(st.server.closing, cancel)()
	x := exchangeOf(ctx)
	if over, done := st.server.vigils.keep(&x.caller); over != nil {
		defer done()
		defer context.AfterFunc(over, cancel)() // resuming reports why
	}
	rc := http.NewResponseController(x.w)
	h := x.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	x.w.WriteHeader(http.StatusOK)
	frame := bytes.NewBuffer(nil)
	if st.told > 0 {
		fmt.Fprintf(frame, "id: %d\n\n", st.told) // a consumer that loses the connection before the first event knows where to resume
	} else {
		frame.WriteString(": aion\n\n")
	}
	for {
		st.write(frame)
		if x.setReservation(int64(frame.Len())) != nil {
			return // no memory for it here: the consumer may resume, here or at another node
		}
		rc.SetWriteDeadline(time.Now().Add(streamWrite))
		if _, err := x.w.Write(frame.Bytes()); err != nil || rc.Flush() != nil {
			return
		}
		if frame.Reset(); frame.Cap() > smallAnswer {
			frame = new(bytes.Buffer) // it waits now, so it holds nothing
		}
		x.setReservation(0)
		st.batch = nil
		var err error
		st.batch, st.next, err = st.server.cfg.EventFeed.Feed(ctx, st.next, streamBatch, st.server.cfg.Limits.Heartbeat)
		if err != nil || ctx.Err() != nil {
			return // resuming reports why
		}
		if len(st.batch) == 0 {
			frame.WriteString(": heartbeat\n\n")
		}
	}
}

// write appends the batch to the frame.
func (st *stream) write(frame *bytes.Buffer) {
	last := uint64(0)
	for _, e := range st.batch {
		if e.Last {
			last = e.Index
		}
		if len(st.names) > 0 && !slices.Contains(st.names, e.Name) {
			continue
		}
		if e.Last {
			fmt.Fprintf(frame, "id: %d\n", e.Index)
			st.told = e.Index
		}
		fmt.Fprintf(frame, "event: %s\ndata: ", e.Name)
		if json.Compact(frame, e.Data) != nil { // a line break would end the field
			frame.WriteString("null")
		}
		frame.WriteString("\n\n")
	}
	if last > st.told {
		fmt.Fprintf(frame, "id: %d\n\n", last)
		st.told = last
	}
}
