package cluster

import (
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/faults"
	"github.com/hashicorp/raft"
	"github.com/prometheus/client_golang/prometheus"
)

var _ prometheus.Collector = (*Cluster)(nil)

// Metrics about this node's part in the cluster. All of them come from this node's own knowledge,
// so that it can report them without a leader.
var (
	metricLeader  = prometheus.NewDesc("aion_cluster_is_leader", "1 on the node that leads and has caught up, 0 elsewhere.", nil, nil)
	metricKnown   = prometheus.NewDesc("aion_cluster_has_leader", "1 while this node knows a leader.", nil, nil)
	metricReady   = prometheus.NewDesc("aion_cluster_ready", "1 while this node has a leader and has applied what was committed, as /health/ready reports.", nil, nil)
	metricTerm    = prometheus.NewDesc("aion_raft_term", "Raft's present term; it grows with each election.", nil, nil)
	metricCommit  = prometheus.NewDesc("aion_raft_commit_index", "Newest log index that this node knows to be committed.", nil, nil)
	metricApplied = prometheus.NewDesc("aion_state_applied_index", "Newest log index that this node's state holds.", nil, nil)
	metricMissing = prometheus.NewDesc("aion_blobs_missing", "Archives that the state names but this node does not have on disk.", nil, nil)
	metricChecked = prometheus.NewDesc("aion_blobs_checked_total", "Archives that this node has read again to see whether its disk still has them as they were.", nil, nil)
	metricDamaged = prometheus.NewDesc("aion_blobs_damaged_total", "Archives that were found damaged on this node's disk since it started; they are fetched again.", nil, nil)
	metricPassed  = prometheus.NewDesc("aion_blobs_checked_seconds", "When all archives had last been read again, in Unix time; absent before.", nil, nil)
	metricContact = prometheus.NewDesc("aion_raft_leader_contact_seconds", "How long ago this node heard from the leader; 0 on the leader itself.", nil, nil)
	metricFree    = prometheus.NewDesc("aion_disk_free_bytes", "Free bytes on the disk of the data folder.", nil, nil)
	metricSize    = prometheus.NewDesc("aion_disk_size_bytes", "Size of the disk of the data folder.", nil, nil)
	metricFull    = prometheus.NewDesc("aion_disk_full", "1 while the disk is too full to begin anything new, 0.5 while it is filling up; see disk.full_bytes.", nil, nil)
	metricLog     = prometheus.NewDesc("aion_raft_log_bytes", "Bytes of the log's entries.", nil, nil)
	metricWritten = prometheus.NewDesc("aion_raft_log_written_bytes_total", "Bytes of the entries that this node has written to its log since it started.", nil, nil)
	metricWrites  = prometheus.NewDesc("aion_raft_log_writes_total", "Writes of this node to its log since it started; each has one or more entries and ends with an fsync.", nil, nil)
	metricWrite   = prometheus.NewDesc("aion_raft_log_write_seconds", "Time of a write to the log on this node's disk, with its fsync.", nil, nil)
	metricMembers = prometheus.NewDesc("aion_cluster_members", "Members of the newest configuration that this node knows, by role.", []string{"role"}, nil)
	metricSilent  = prometheus.NewDesc("aion_cluster_voters_silent", "Voters that this node has not heard from for 15 s.", nil, nil)
	metricDemoted = prometheus.NewDesc("aion_cluster_demoted", "Members that an operator made non-voters.", nil, nil)
	metricLevel   = prometheus.NewDesc("aion_state_level", "Level of the state: what its state machine does.", nil, nil)
	metricNewest  = prometheus.NewDesc("aion_state_level_newest", "Newest level that this node's build knows.", nil, nil)
	metricState   = prometheus.NewDesc("aion_state_disk_bytes", "Bytes of the state on disk, without snapshots.", nil, nil)
	metricGossip  = prometheus.NewDesc("aion_gossip_nodes", "Other nodes that gossip knows, including those that are lost or left.", nil, nil)
	metricDropped = prometheus.NewDesc("aion_gossip_dropped_total", "Packets and streams on the gossip port that no node would send.", nil, nil)
	metricClock   = prometheus.NewDesc("aion_cluster_clock_ahead_seconds", "How far this node's clock is ahead of the voters' median; absent while no majority of them agrees.", nil, nil)
	metricWrong   = prometheus.NewDesc("aion_cluster_clock_wrong", "1 while this node's clock differs from those of most voters by more than cluster.max_clock_skew: it should not lead.", nil, nil)
	metricHeld    = prometheus.NewDesc("aion_cluster_log_time_held_seconds", "On the leader: how far log time is held behind its clock, because no majority agrees with that clock and nobody has confirmed it.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *Cluster) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{metricLeader, metricKnown, metricReady, metricTerm, metricCommit, metricApplied, metricMissing, metricContact, metricGossip, metricDropped, metricFree, metricSize, metricFull, metricLog, metricWritten, metricWrites, metricState, metricClock, metricWrong, metricHeld, metricWrite, metricMembers, metricSilent, metricDemoted, metricLevel, metricNewest, metricChecked, metricDamaged, metricPassed} {
		out <- d
	}
	describeRequests(out)
	describeBackups(out)
}

// Collect implements prometheus.Collector. Raft's own figures exist once this node belongs to a
// cluster.
func (c *Cluster) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64) { out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	count := func(d *prometheus.Desc, v uint64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	_, _, known := c.Leader()
	gauge(metricLeader, flag(c.IsLeader()))
	gauge(metricKnown, flag(known))
	gauge(metricReady, flag(c.Ready() == nil))
	gauge(metricApplied, float64(c.state.Applied()))
	if c.archives != nil {
		gauge(metricMissing, float64(c.archives.Missing()))
	}
	if s := c.scrubbed; s != nil {
		count(metricChecked, s.Checked())
		count(metricDamaged, c.damaged())
		if at := s.Passed(); !at.IsZero() {
			gauge(metricPassed, float64(at.Unix()))
		}
	}
	if d := c.Disk(); d.Size > 0 {
		gauge(metricFree, float64(d.Free))
		gauge(metricSize, float64(d.Size))
		gauge(metricFull, map[string]float64{folder.DiskWarn: 0.5, folder.DiskFull: 1}[d.Level])
	}
	if c.stores.Weighed() {
		all, _ := c.stores.Bytes(0)
		gauge(metricLog, float64(all))
		bytes, writes := c.stores.Written()
		count(metricWritten, bytes)
		count(metricWrites, writes)
		n, sum, below := c.stores.WriteTimes().Histogram()
		out <- prometheus.MustNewConstHistogram(metricWrite, n, sum, below)
	}
	gauge(metricState, float64(c.state.DiskBytes()))
	if g := c.gossip; g != nil {
		gauge(metricGossip, float64(len(g.Peers())))
		count(metricDropped, g.Dropped())
	}
	c.state.View(func(v fsm.View) { collectRequests(out, v.RequestUse()) })
	collectBackups(out, c.backups.Stats(), c.kept)
	gauge(metricLevel, float64(c.level()))
	gauge(metricNewest, fsm.NewestLevel)
	r := c.raft.Load()
	if r == nil {
		return
	}
	c.collectMembers(r.GetConfiguration().Configuration().Servers, gauge, out)
	clock := c.judgeClock()
	if clock.verdict == clockRight || clock.verdict == clockWrong {
		gauge(metricClock, clock.skew(c.id).Seconds())
	}
	gauge(metricWrong, flag(clock.verdict == clockWrong))
	gauge(metricHeld, c.heldBack().Seconds())
	gauge(metricTerm, float64(r.CurrentTerm()))
	gauge(metricCommit, float64(r.CommitIndex()))
	if ago, ok := c.LeaderContact(); ok {
		gauge(metricContact, ago.Seconds())
	}
}

// collectMembers reports the configuration, and which voters this node hears: it reads their clocks
// each second.
func (c *Cluster) collectMembers(servers []raft.Server, gauge func(*prometheus.Desc, float64), out chan<- prometheus.Metric) {
	voters, demoted := 0, 0
	silent := 0
	for _, s := range servers {
		id := string(s.ID)
		if c.demoted(id) {
			demoted++
		}
		if s.Suffrage != raft.Voter {
			continue
		}
		voters++
		if id != c.id && !c.clocks.heard(id, faults.Now()) {
			silent++
		}
	}
	out <- prometheus.MustNewConstMetric(metricMembers, prometheus.GaugeValue, float64(voters), "voter")
	out <- prometheus.MustNewConstMetric(metricMembers, prometheus.GaugeValue, float64(len(servers)-voters), "nonvoter")
	gauge(metricSilent, float64(silent))
	gauge(metricDemoted, float64(demoted))
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
