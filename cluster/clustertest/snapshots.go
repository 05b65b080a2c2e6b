package clustertest

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/hashicorp/raft"
)

// snapshots is raft's snapshot store in memory. A snapshot becomes visible when it is closed;
// raft's own in-memory store shows it while it is being written.
type snapshots struct {
	mu   sync.Mutex
	list []snapshot // newest first, at most two
	made int
}

type snapshot struct {
	meta    raft.SnapshotMeta
	content []byte
}

func (s *snapshots) Create(v raft.SnapshotVersion, index, term uint64, conf raft.Configuration, confIndex uint64, _ raft.Transport) (raft.SnapshotSink, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return &sink{to: s, meta: raft.SnapshotMeta{
		Version: v, ID: fmt.Sprintf("%d-%d-%d", term, index, s.made), Index: index, Term: term, Configuration: conf, ConfigurationIndex: confIndex,
	}}, nil
}

func (s *snapshots) List() ([]*raft.SnapshotMeta, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var metas []*raft.SnapshotMeta
	for _, one := range s.list {
		metas = append(metas, &one.meta)
	}
	return metas, nil
}

func (s *snapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.list {
		if one.meta.ID == id {
			return &one.meta, io.NopCloser(bytes.NewReader(one.content)), nil
		}
	}
	return nil, nil, fmt.Errorf("no snapshot %s", id)
}

// crash returns the store as a crash leaves it, without unfinished snapshots.
func (s *snapshots) crash() *snapshots {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &snapshots{list: append([]snapshot(nil), s.list...), made: s.made}
}

type sink struct {
	to     *snapshots
	meta   raft.SnapshotMeta
	buffer bytes.Buffer
	closed bool
}

func (s *sink) ID() string                  { return s.meta.ID }
func (s *sink) Write(b []byte) (int, error) { return s.buffer.Write(b) }

func (s *sink) Cancel() error {
	s.closed = true
	return nil
}

func (s *sink) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	s.meta.Size = int64(s.buffer.Len())
	s.to.mu.Lock()
	defer s.to.mu.Unlock()
	s.to.list = append([]snapshot{{s.meta, s.buffer.Bytes()}}, s.to.list...)
	s.to.list = s.to.list[:min(len(s.to.list), 2)]
	return nil
}
