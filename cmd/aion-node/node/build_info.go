package node

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
)

// buildInfo is always 1: its labels identify the node's build, for joins with other metrics.
func buildInfo(version string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "aion_build_info", Help: "Always 1; which build this is, and by which Go it was made.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	}, func() float64 { return 1 })
}
