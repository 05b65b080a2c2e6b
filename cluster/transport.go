package cluster

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// Link is a raft transport with every optional interface that raft looks for by type assertion.
// Naming them makes the compiler check them: wrapping a bare raft.Transport would silently turn
// pre-vote off, and leave the transport open at shutdown.
type Link interface {
	raft.Transport
	raft.WithPreVote
	raft.WithClose
	// CloseOthers ends this node's connections to a node at every address except keep, so that no
	// process there can still acknowledge what was meant for the node at keep.
	CloseOthers(id raft.ServerID, keep raft.ServerAddress)
	// Parted receives the id of a node whose connection to this one has ended; some are left out.
	Parted() <-chan string
}

// maxAppendBytes bounds the payload of one AppendEntries. Raft itself bounds only the number of
// entries, so 256 entries of 2 MiB would travel as one message.
const maxAppendBytes = 16 << 20

var errMuted = errors.New("this node has fallen silent: it is about to stop")

// link is the transport that raft uses: no heartbeat fast path, bounded messages, nothing told to
// be committed that is not on this node's disk, a veto on standing for election, and a way to fall
// silent.
type link struct {
	Link
	muted atomic.Bool

	mayStand func(transferred bool) error // an error if this node must not ask for votes; see candidacy.go
	refuse   func(message any) error      // an error if raft must not see a message
	durable  func() uint64                // index up to which all that this node has is on its disk
	heard    chan raft.RPC                // the messages that raft sees; made by the first Consumer
	consumes sync.Once
	closed   chan struct{}
	closes   sync.Once
}

func newLink(inner Link, mayStand func(transferred bool) error, refuse func(message any) error, durable func() uint64) *link {
	return &link{
		Link: inner, mayStand: mayStand, refuse: refuse, durable: durable,
		heard: make(chan raft.RPC), closed: make(chan struct{}),
	}
}

// Consumer implements raft.Transport. One goroutine relays messages from the transport to raft, so
// they keep their order.
func (l *link) Consumer() <-chan raft.RPC {
	l.consumes.Do(func() { go l.relay(l.Link.Consumer()) })
	return l.heard
}

// relay hands messages to raft, except those that are refused.
func (l *link) relay(from <-chan raft.RPC) {
	for {
		select {
		case rpc := <-from:
			if err := l.refuse(rpc.Command); err != nil {
				rpc.Respond(nil, err)
				continue
			}
			select {
			case l.heard <- rpc:
			case <-l.closed:
				return
			}
		case <-l.closed:
			return
		}
	}
}

// stand makes this node a candidate at once, as the leader does when it hands over.
func (l *link) stand(ctx context.Context) error {
	answered := make(chan raft.RPCResponse, 1)
	select {
	case l.heard <- raft.RPC{Command: &raft.TimeoutNowRequest{RPCHeader: raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax}}, RespChan: answered}:
	case <-l.closed:
		return raft.ErrRaftShutdown
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case a := <-answered:
		return a.Error
	case <-l.closed:
		return raft.ErrRaftShutdown
	}
}

// Close implements raft.WithClose.
func (l *link) Close() error {
	l.closes.Do(func() { close(l.closed) })
	return l.Link.Close()
}

// SetHeartbeatHandler does nothing: heartbeats take the same path as all other messages. The fast
// path runs beside raft's main loop and races with it, which can make logs diverge
// (hashicorp/raft#695). The price is that a follower's slow fsync delays its answer, so heartbeat
// timeouts must exceed it.
func (l *link) SetHeartbeatHandler(func(raft.RPC)) {}

// mute makes every outgoing message fail, so that the others elect a new leader even if this node's
// main loop is stuck.
func (l *link) mute() { l.muted.Store(true) }

// AppendEntries implements raft.Transport.
func (l *link) AppendEntries(id raft.ServerID, target raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	if l.muted.Load() {
		return errMuted
	}
	l.prepare(args)
	return l.Link.AppendEntries(id, target, args, resp)
}

// AppendEntriesPipeline implements raft.Transport.
func (l *link) AppendEntriesPipeline(id raft.ServerID, target raft.ServerAddress) (raft.AppendPipeline, error) {
	if l.muted.Load() {
		return nil, errMuted
	}
	p, err := l.Link.AppendEntriesPipeline(id, target)
	if err != nil {
		return nil, err
	}
	return &pipeline{AppendPipeline: p, link: l}, nil
}

// RequestVote implements raft.Transport.
func (l *link) RequestVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	if l.muted.Load() {
		return errMuted
	}
	if err := l.mayStand(args.LeadershipTransfer); err != nil {
		resp.RPCHeader, resp.Term = args.RPCHeader, args.Term // denied without a line in raft's log
		return nil
	}
	return l.Link.RequestVote(id, target, args, resp)
}

// RequestPreVote implements raft.WithPreVote.
func (l *link) RequestPreVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	if l.muted.Load() {
		return errMuted
	}
	if err := l.mayStand(false); err != nil {
		resp.RPCHeader, resp.Term = args.RPCHeader, args.Term
		return nil
	}
	return l.Link.RequestPreVote(id, target, args, resp)
}

// timeoutNowWithin bounds a TimeoutNow. Raft blocks every command until it is answered, and a
// frozen node never answers; the transport's own limit is ten seconds.
const timeoutNowWithin = time.Second

var errTimeoutNow = errors.New("the node does not answer")

// TimeoutNow implements raft.Transport: it asks target to stand for election at once.
func (l *link) TimeoutNow(id raft.ServerID, target raft.ServerAddress, args *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse) error {
	if l.muted.Load() {
		return errMuted
	}
	answered := make(chan error, 1)
	go func() { answered <- l.Link.TimeoutNow(id, target, args, new(raft.TimeoutNowResponse)) }()
	late := time.NewTimer(timeoutNowWithin)
	defer late.Stop()
	select {
	case err := <-answered:
		return err
	case <-late.C:
		return errTimeoutNow
	}
}

// InstallSnapshot implements raft.Transport.
func (l *link) InstallSnapshot(id raft.ServerID, target raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	if l.muted.Load() {
		return errMuted
	}
	return l.Link.InstallSnapshot(id, target, args, resp, data)
}

type pipeline struct {
	raft.AppendPipeline
	link *link
}

// AppendEntries implements raft.AppendPipeline; see link.AppendEntries.
func (p *pipeline) AppendEntries(args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) (raft.AppendFuture, error) {
	if p.link.muted.Load() {
		return nil, errMuted
	}
	p.link.prepare(args)
	return p.AppendPipeline.AppendEntries(args, resp)
}

// prepare shortens the entries to what fits one message; raft continues after the last entry that
// it finds there. It also holds the commit index back to what is on this node's disk, which may be
// the slowest of all: raft counts it before it is done (logstore.Parallel). A follower that applied
// what only one disk has could have applied what nobody has in the end.
func (l *link) prepare(args *raft.AppendEntriesRequest) {
	args.Entries = fitting(args.Entries)
	args.LeaderCommitIndex = min(args.LeaderCommitIndex, l.durable())
}

// fitting returns the longest prefix of entries within maxAppendBytes, and at least one entry.
func fitting(entries []*raft.Log) []*raft.Log {
	size := 0
	for i, e := range entries {
		size += len(e.Data)
		if size > maxAppendBytes && i > 0 {
			return slices.Clone(entries[:i]) // so that the entries after it can be freed
		}
	}
	return entries
}
