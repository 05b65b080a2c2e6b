package cluster

import (
	"errors"
	"io"
	"slices"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// Link is a raft transport with everything that raft looks for by type assertion. Naming it here makes the compiler ask for it: wrapping a bare
// raft.Transport would silently turn pre-vote off, and leave the transport open at shutdown.
type Link interface {
	raft.Transport
	raft.WithPreVote
	raft.WithClose
}

// maxAppendBytes bounds the payload of one AppendEntries. Raft itself bounds it by count only, so that 256 entries of 2 MiB would travel as one message.
const maxAppendBytes = 16 << 20

var errMuted = errors.New("this node has fallen silent: it is about to stop")

// link is the transport that raft gets: no heartbeat fast path, bounded messages, and a way to fall silent.
type link struct {
	Link
	muted atomic.Bool
}

// SetHeartbeatHandler does nothing: heartbeats go the way of all other messages. The fast path runs beside raft's main loop and races it, which can
// make logs diverge (hashicorp/raft#695). The price is that a follower's slow fsync delays its answer, so heartbeat timeouts must exceed it.
func (l *link) SetHeartbeatHandler(func(raft.RPC)) {}

// mute makes every outgoing message fail, so that the others elect somebody else however stuck this node's main loop is.
func (l *link) mute() { l.muted.Store(true) }

// AppendEntries implements raft.Transport. It shortens args.Entries to what fits one message; raft goes on from the last entry it finds there.
func (l *link) AppendEntries(id raft.ServerID, target raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	if l.muted.Load() {
		return errMuted
	}
	args.Entries = fitting(args.Entries)
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
	return l.Link.RequestVote(id, target, args, resp)
}

// RequestPreVote implements raft.WithPreVote.
func (l *link) RequestPreVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	if l.muted.Load() {
		return errMuted
	}
	return l.Link.RequestPreVote(id, target, args, resp)
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
	args.Entries = fitting(args.Entries)
	return p.AppendPipeline.AppendEntries(args, resp)
}

// fitting returns the longest head of entries within maxAppendBytes, and at least one.
func fitting(entries []*raft.Log) []*raft.Log {
	size := 0
	for i, e := range entries {
		size += len(e.Data)
		if size > maxAppendBytes && i > 0 {
			return slices.Clone(entries[:i]) // so that those behind are not kept
		}
	}
	return entries
}
