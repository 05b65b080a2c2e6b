package certs

import "github.com/prometheus/client_golang/prometheus"

var notAfter = prometheus.NewDesc("aion_tls_not_after_seconds",
	"When the certificate in a file expires, in Unix time; of a CA file, when its last one does.",
	[]string{"file"}, nil)

var _ prometheus.Collector = (*Set)(nil)

// Describe implements prometheus.Collector.
func (s *Set) Describe(to chan<- *prometheus.Desc) { to <- notAfter }

// Collect implements prometheus.Collector.
func (s *Set) Collect(to chan<- prometheus.Metric) {
	for _, e := range s.current().ends {
		to <- prometheus.MustNewConstMetric(notAfter, prometheus.GaugeValue, float64(e.notAfter.Unix()), e.file)
	}
}
