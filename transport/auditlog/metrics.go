package auditlog

import "github.com/prometheus/client_golang/prometheus"

// metrics is what a Log tells about itself.
type metrics struct {
	lines, lost, unsynced, unsent prometheus.Counter
	waiting                       prometheus.GaugeFunc
}

func newMetrics(l *Log) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "aion_audit_" + name, Help: help})
	}
	return &metrics{
		lines:    counter("lines_total", "Lines of the audit log, whether they are in the file already or wait."),
		lost:     counter("lost_lines_total", "Lines that were lost, because the file could not be written for too long."),
		unsynced: counter("failed_syncs_total", "Syncs of the audit file that failed."),
		unsent:   counter("unsent_files_total", "Audit files that were removed before the webhook had them whole."),
		waiting: prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "aion_audit_waiting_lines", Help: "Lines that wait in memory, because the file cannot be written."}, func() float64 {
			l.mu.Lock()
			defer l.mu.Unlock()
			return float64(len(l.waiting))
		}),
	}
}

func (l *Log) collectors() []prometheus.Collector {
	m := l.metrics
	all := []prometheus.Collector{m.lines, m.lost, m.unsynced, m.unsent, m.waiting}
	if l.sender != nil {
		all = append(all, l.sender.collectors()...)
	}
	return all
}

// Describe implements prometheus.Collector.
func (l *Log) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range l.collectors() {
		c.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (l *Log) Collect(ch chan<- prometheus.Metric) {
	for _, c := range l.collectors() {
		c.Collect(ch)
	}
}
