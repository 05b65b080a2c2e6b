package node

import (
	"fmt"
	"math"

	"aion.dev/aion/cmd/aion-node/config"
)

// leastDescriptors is the smallest number of open files with which a node starts.
const leastDescriptors = 200

// descriptors divides the files that this process may open. A share bounds each part, so that
// callers, however many connect, cannot keep the log, the state or a peer from opening a file: a
// node that cannot open a file of its state must stop.
type descriptors struct {
	limit int // of the process
	own   int // log segments, votes, snapshots, archives, compile children, listeners
	state int // tables of the state
	peers int // connections on the node port, in both directions
	calls int // connections of callers; each may need another one to the leader
	loads int // concurrent deploys; each has pipes to a compile child
}

// gossipDescriptors are for gossip's sockets and streams, in both directions.
const gossipDescriptors = 40

// shareDescriptors divides limit, which is the hard limit, because Go raises the soft limit at its
// start.
func shareDescriptors(limit uint64, cfg config.Config) (d descriptors, err error) {
	if limit < leastDescriptors {
		return d, fmt.Errorf("this process may open %d files, a node needs %d at least and should have 65536: raise the limit (ulimit -n, LimitNOFILE=)", limit, leastDescriptors)
	}
	d.limit = int(min(limit, math.MaxInt32))
	segments := int(cfg.Raft.LogBytes>>26)*3/2 + 4 // of 64 MiB; all stay open
	d.own, d.loads = 36+segments, 2
	if d.limit >= 1024 {
		d.own, d.loads = 132+segments, 8
	}
	d.state = min(1000, max(74, d.limit/4)) // Pebble needs at least 74
	d.peers = min(4096, max(20, d.limit/8))
	gossip := min(gossipDescriptors, d.limit/10)
	most := (d.limit - d.own - d.state - d.peers - gossip) / 2
	d.calls = min(most, 100_000)
	if most < 8 {
		return d, fmt.Errorf("raft.log_bytes: a log of %d bytes has %d files, too many of the %d that this process may have open", cfg.Raft.LogBytes, segments, d.limit)
	}
	if want := int(cfg.Limits.Connections); want > most {
		return d, fmt.Errorf("limits.connections: %d is more than the %d that are left of %d open files; raise the process's limit (ulimit -n, LimitNOFILE=)", want, most, d.limit)
	} else if want > 0 {
		d.calls = want
	}
	return d, nil
}
