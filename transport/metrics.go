package transport

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts calls by operation, the ids of /openapi.json.
type metrics struct {
	calls   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	active  prometheus.Gauge
	handler http.Handler

	hotCalls   *prometheus.CounterVec
	hotSeconds *prometheus.HistogramVec
	hotActive  prometheus.Gauge
}

var callBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

func newMetrics(reg *prometheus.Registry, s *Server) (*metrics, error) {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aion_http_calls_total", Help: "HTTP calls by operation and status."}, []string{"operation", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "aion_http_call_seconds", Help: "Time of HTTP calls, with what they asked to wait.",
			Buckets: callBuckets}, []string{"operation"}),
		active: prometheus.NewGauge(prometheus.GaugeOpts{Name: "aion_http_calls_active", Help: "HTTP calls under way."}),
		hotCalls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aion_hot_calls_total", Help: "Calls of the hot face by operation and status, as over HTTP."},
			[]string{"operation", "status"}),
		hotSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "aion_hot_call_seconds", Help: "Time of calls of the hot face, with what they asked to wait.",
			Buckets: callBuckets}, []string{"operation"}),
		hotActive: prometheus.NewGauge(prometheus.GaugeOpts{Name: "aion_hot_calls_active", Help: "Calls of the hot face under way."}),
		handler:   promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes}),
	}
	gauge := func(name, help string, s *slots) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(s.taken.Load()) })
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.calls, m.seconds, m.active, m.hotCalls, m.hotSeconds, m.hotActive,
		gauge("aion_http_polls", "Calls that wait (?wait=).", &s.polls),
		gauge("aion_http_streams", "Event streams.", &s.streams),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "aion_http_memory_bytes", Help: "Memory that the bodies of calls and their answers take, by account."},
			func() float64 { return float64(s.memory.taken.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "aion_http_memory_limit_bytes", Help: "Most of it; see limits.call_memory_bytes."},
			func() float64 { return float64(s.memory.size) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "aion_http_connections", Help: "Connections of callers."}, func() float64 {
			open, _ := s.connections.figures()
			return float64(open)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "aion_http_connections_limit", Help: "Most connections of callers; see limits.connections."},
			func() float64 { return float64(s.connections.limit) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "aion_http_connections_evicted_total", Help: "Connections that gave way to newer ones at the limit, and new ones turned away."},
			func() float64 {
				_, evicted := s.connections.figures()
				return float64(evicted)
			}),
	} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// beginCall counts a call; the caller calls the returned function when the call ends.
func (m *metrics) beginCall() func(operation string, status int) {
	began := time.Now()
	m.active.Inc()
	return func(operation string, status int) {
		m.active.Dec()
		m.calls.WithLabelValues(operation, strconv.Itoa(status)).Inc()
		m.seconds.WithLabelValues(operation).Observe(time.Since(began).Seconds())
	}
}

// beginHot is beginCall for calls of the hot face.
func (m *metrics) beginHot() func(operation string, status int) {
	began := time.Now()
	m.hotActive.Inc()
	return func(operation string, status int) {
		m.hotActive.Dec()
		m.hotCalls.WithLabelValues(operation, strconv.Itoa(status)).Inc()
		m.hotSeconds.WithLabelValues(operation).Observe(time.Since(began).Seconds())
	}
}
