package serve

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows, in a registry of the service's own, so that several services fit into one program.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	latency  prometheus.Histogram
	texts    prometheus.Counter
	inFlight prometheus.Gauge
	sizes    prometheus.Histogram
	compute  prometheus.Histogram
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gosft_requests_total", Help: "Requests for predictions by HTTP status."}, []string{"code"}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "gosft_request_duration_seconds", Help: "Time from a request's arrival to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}),
		texts:    prometheus.NewCounter(prometheus.CounterOpts{Name: "gosft_texts_total", Help: "Texts that were classified."}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "gosft_requests_in_flight", Help: "Requests that wait or are computed."}),
		sizes: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "gosft_batch_texts", Help: "Texts computed together.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}}),
		compute: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "gosft_batch_duration_seconds", Help: "Time of one computation.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}),
	}
	m.registry.MustRegister(m.requests, m.latency, m.texts, m.inFlight, m.sizes, m.compute,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// request counts one answered request.
func (m *metrics) request(status int, took time.Duration) {
	m.requests.WithLabelValues(strconv.Itoa(status)).Inc()
	m.latency.Observe(took.Seconds())
}

// batch counts one computation.
func (m *metrics) batch(texts int, took time.Duration) {
	m.texts.Add(float64(texts))
	m.sizes.Observe(float64(texts))
	m.compute.Observe(took.Seconds())
}
