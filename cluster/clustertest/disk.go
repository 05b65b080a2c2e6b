package clustertest

import (
	"errors"
	"sync"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/logstore"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
)

// disk is what survives a crash of its node: raft's log, vote and snapshots, the synced part of the
// state's files, and the promise.
type disk struct {
	log       *raft.InmemStore
	snapshots *snapshots
	files     *vfs.MemFS
	promise   *promise
	gate      *gate
}

func newDisk() *disk {
	return &disk{log: raft.NewInmemStore(), snapshots: &snapshots{}, files: vfs.NewCrashableMem(), promise: &promise{}, gate: &gate{}}
}

func (d *disk) stores() *logstore.Stores {
	return &logstore.Stores{Log: &gatedLog{d.log, d.gate}, Stable: d.log, Snapshots: d.snapshots}
}

// voteNumbers and voteNames are the keys under which raft keeps its term and vote.
var voteNumbers, voteNames = []string{"CurrentTerm", "LastVoteTerm", "aion/commit_index"}, []string{"LastVoteCand"}

// crash returns the disk as a crash at this moment leaves it. The node that is going down may still
// write to the old disk. The files are copied before the log, so no state is ahead of its log.
func (d *disk) crash() (*disk, error) {
	after := &disk{files: d.files.CrashClone(vfs.CrashCloneCfg{}), promise: d.promise, gate: &gate{}, log: raft.NewInmemStore(), snapshots: d.snapshots.crash()}
	first, err := d.log.FirstIndex()
	if err != nil {
		return nil, err
	}
	last, err := d.log.LastIndex()
	if err != nil {
		return nil, err
	}
	for i := max(first, 1); i <= last; i++ {
		var l raft.Log
		if err := d.log.GetLog(i, &l); err != nil {
			if errors.Is(err, raft.ErrLogNotFound) { // the gap before an installed snapshot
				continue
			}
			return nil, err
		}
		if err := after.log.StoreLog(&l); err != nil {
			return nil, err
		}
	}
	for _, k := range voteNumbers {
		if n, err := d.log.GetUint64([]byte(k)); err == nil {
			if err := after.log.SetUint64([]byte(k), n); err != nil {
				return nil, err
			}
		}
	}
	for _, k := range voteNames {
		if b, err := d.log.Get([]byte(k)); err == nil {
			if err := after.log.Set([]byte(k), b); err != nil {
				return nil, err
			}
		}
	}
	return after, nil
}

// gate blocks writes while it is shut.
type gate struct {
	mu   sync.Mutex
	shut chan struct{} // closed to open the gate again; nil while open
}

func (g *gate) pass() {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
}

// gatedLog is a log on a disk that may hang.
type gatedLog struct {
	raft.LogStore
	gate *gate
}

func (l *gatedLog) StoreLog(log *raft.Log) error { return l.StoreLogs([]*raft.Log{log}) }

func (l *gatedLog) StoreLogs(logs []*raft.Log) error {
	l.gate.pass()
	return l.LogStore.StoreLogs(logs)
}

// Stall makes writes of the node's log hang until Unstall.
func (n *Node) Stall() {
	g := n.disk.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

// Unstall lets writes continue.
func (n *Node) Unstall() { n.disk.gate.open() }

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

// promise implements cluster.Promises in memory.
type promise struct {
	mu        sync.Mutex
	founding  *cluster.Founding
	admission *cluster.Admission
}

func (p *promise) copy() *promise {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &promise{founding: p.founding, admission: p.admission}
}

func (p *promise) Admitted() (*cluster.Admission, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.admission, nil
}

func (p *promise) Admit(a cluster.Admission) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.admission = &a
	return nil
}

func (p *promise) Promised() (*cluster.Founding, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.founding, nil
}

func (p *promise) Promise(f cluster.Founding) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.founding = &f
	return nil
}

// stored returns the index of the last entry in the node's log.
func (n *Node) stored() uint64 {
	last, err := n.disk.log.LastIndex()
	if err != nil {
		n.all.t.Fatal(err)
	}
	return last
}
