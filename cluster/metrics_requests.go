package cluster

import (
	"strings"

	"aion.dev/aion/fsm"
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics about how full the request table is.
var (
	metricRequestKeys   = prometheus.NewDesc("aion_request_keys", "Request keys that are remembered: given by callers, or made up by the CLI and SDK.", []string{"class"}, nil)
	metricRequestBytes  = prometheus.NewDesc("aion_request_bytes", "Bytes of the remembered request keys.", []string{"class"}, nil)
	metricRequestLimit  = prometheus.NewDesc("aion_request_bytes_limit", "Bytes that request keys may take: limits.request_bytes, and twice that for made-up ones.", []string{"class"}, nil)
	metricRequestHolder = prometheus.NewDesc("aion_request_owner_bytes", "Bytes of the request keys of the 20 tokens that hold the most; without tokens the owner is empty.", []string{"class", "owner"}, nil)
)

func describeRequests(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{metricRequestKeys, metricRequestBytes, metricRequestLimit, metricRequestHolder} {
		out <- d
	}
}

func collectRequests(out chan<- prometheus.Metric, uses []fsm.RequestUse) {
	for _, u := range uses {
		class := "given"
		if u.MadeUp {
			class = "made_up"
		}
		gauge := func(d *prometheus.Desc, v uint64, labels ...string) {
			labels = append([]string{class}, labels...)
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
		}
		gauge(metricRequestKeys, u.Keys)
		gauge(metricRequestBytes, u.Bytes)
		gauge(metricRequestLimit, u.Limit)
		for _, o := range u.Owners {
			gauge(metricRequestHolder, o.Bytes, strings.ToValidUTF8(o.Owner, "?"))
		}
	}
}
