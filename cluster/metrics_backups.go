package cluster

import (
	"time"

	"aion.dev/aion/cluster/backup"
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics about the backups that this node has sent.
var (
	metricBackups = prometheus.NewDesc("aion_backups_total", "Backups that this node has sent to their end since it started.", nil, nil)
	metricBackup  = prometheus.NewDesc("aion_backup_last_success_timestamp_seconds", "When this node last sent a backup to its end; 0 if it has not since it started.", nil, nil)
	metricSent    = prometheus.NewDesc("aion_backup_sent_bytes_total", "Bytes of backups that this node has sent since it started.", nil, nil)
	metricOpen    = prometheus.NewDesc("aion_backups_open", "Backups that this node has open: being sent, or kept to go on where they broke off.", nil, nil)
	metricPoint   = prometheus.NewDesc("aion_backup_recovery_point_timestamp_seconds", "When the newest backup that was taken from this node and has arrived where it is kept was begun; 0 if none has. What came later would be lost with the cluster.", nil, nil)
	metricEvery   = prometheus.NewDesc("aion_backup_every_seconds", "How often a backup is to be taken from this node; 0 if nobody has said.", nil, nil)
)

func describeBackups(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{metricBackups, metricBackup, metricSent, metricOpen, metricPoint, metricEvery} {
		out <- d
	}
}

func collectBackups(out chan<- prometheus.Metric, s backup.Stats, kept *keptBackups) {
	last := 0.0
	if !s.LastDone.IsZero() {
		last = float64(s.LastDone.UnixMilli()) / float64(time.Second/time.Millisecond)
	}
	out <- prometheus.MustNewConstMetric(metricBackups, prometheus.CounterValue, float64(s.Done))
	out <- prometheus.MustNewConstMetric(metricBackup, prometheus.GaugeValue, last)
	out <- prometheus.MustNewConstMetric(metricSent, prometheus.CounterValue, float64(s.Sent))
	out <- prometheus.MustNewConstMetric(metricOpen, prometheus.GaugeValue, float64(s.Open))
	point, every := 0.0, 0.0
	if b, some := kept.get(); some {
		point, every = float64(b.Point.UnixMilli())/float64(time.Second/time.Millisecond), b.Every.Seconds()
	}
	out <- prometheus.MustNewConstMetric(metricPoint, prometheus.GaugeValue, point)
	out <- prometheus.MustNewConstMetric(metricEvery, prometheus.GaugeValue, every)
}
