package transport

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
)

// denials rejects callers: those without a known token, those whose token does not allow the call,
// and web pages of other origins or with other host names. It counts rejections, logs a few of them
// with their reason and origin, and delays the answer to an address whose tokens are rejected
// repeatedly. Legitimate callers are never delayed, whatever others at their address do.
type denials struct {
	log     hclog.Logger
	closing <-chan struct{}
	count   *prometheus.CounterVec
	slowed  prometheus.Counter
	waiting chan struct{} // one slot for each delayed answer

	mu     sync.Mutex                   // guards the fields below
	seen   map[netip.Addr]*denialRecord // the newest generation of addresses
	before map[netip.Addr]*denialRecord // the generation before seen
	window time.Time                    // when the counting of lines started
	lines  int
	hushed int // denials since the last line that were not logged
}

// denialRecord is the record of one address.
type denialRecord struct {
	level  float64 // denials, minus one for each second
	at     time.Time
	logged time.Time
	hushed int // denials since logged that were not logged
}

const (
	deniedAddresses = 4096            // addresses remembered; those silent for longest are forgotten first
	deniedFree      = 20              // denials that are answered without delay; one per second comes back
	deniedDelay     = 5 * time.Second // the longest delay of an answer
	deniedWaiting   = 256             // delayed answers at a time; further ones are not delayed
	deniedQuiet     = 10 * time.Second
	deniedLines     = 20 // in that time, for all addresses; one address gets one
)

func newDenials(reg prometheus.Registerer, log hclog.Logger, closing <-chan struct{}) (*denials, error) {
	d := &denials{
		log: log, closing: closing, waiting: make(chan struct{}, deniedWaiting), seen: make(map[netip.Addr]*denialRecord),
		count:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aion_http_denied_total", Help: "Calls that were turned away for who made them, by error code."}, []string{"code"}),
		slowed: prometheus.NewCounter(prometheus.CounterOpts{Name: "aion_http_denied_slowed_total", Help: "Those whose answer had to wait, because their address was turned away again and again."}),
	}
	if err := reg.Register(d.count); err != nil {
		return nil, err
	}
	return d, reg.Register(d.slowed)
}

// deny answers with p. who is the name of the caller's token; empty = no known token.
func (d *denials) deny(w http.ResponseWriter, r *http.Request, who string, p *wire.Problem) {
	d.hold(r, who, p)
	writeProblem(w, p)
}

// hold records a denial, and delays it if need be.
func (d *denials) hold(r *http.Request, who string, p *wire.Problem) {
	d.count.WithLabelValues(p.Code).Inc()
	if wait := d.record(r, who, p); wait > 0 {
		d.pause(r.Context(), wait)
	}
}

// record records and logs a denial, and returns how long to delay its answer.
func (d *denials) record(r *http.Request, who string, p *wire.Problem) time.Duration {
	from := addressOf(r)
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.recordOf(from, now)
	e.level = max(0, e.level-now.Sub(e.at).Seconds())
	e.at = now
	guessed := p.Code == "unauthenticated" || who != ""
	if guessed { // host names and origins are not secret
		e.level++
	}
	if now.Sub(d.window) >= deniedQuiet {
		d.window, d.lines = now, 0
	}
	if now.Sub(e.logged) < deniedQuiet || d.lines >= deniedLines {
		e.hushed++
		d.hushed++
	} else {
		if who == "" {
			who = "none"
		}
		// The log omits the query, which may contain a misplaced secret, and every header that may
		// be secret.
		d.log.Warn("a call was turned away", "code", p.Code, "token", who, "from", r.RemoteAddr, "method", clip(r.Method), "path", clip(r.URL.EscapedPath()),
			"host", clip(r.Host), "passed_on_by", clip(r.Header.Get(wire.HeaderForwarded)), "not_logged", e.hushed, "not_logged_of_all", d.hushed)
		d.lines++
		e.logged, e.hushed, d.hushed = now, 0, 0
	}
	if !guessed {
		return 0
	}
	over := time.Duration((e.level - deniedFree) * float64(time.Second))
	if over > deniedDelay {
		e.level = deniedFree + deniedDelay.Seconds()
	}
	return min(max(over, 0), deniedDelay)
}

// recordOf returns the record of an address. The caller holds mu.
func (d *denials) recordOf(from netip.Addr, now time.Time) *denialRecord {
	e := d.seen[from]
	if e != nil {
		return e
	}
	if len(d.seen) >= deniedAddresses/2 {
		d.before, d.seen = d.seen, make(map[netip.Addr]*denialRecord)
	}
	if e = d.before[from]; e == nil {
		e = &denialRecord{at: now}
	}
	d.seen[from] = e
	return e
}

// pause delays an answer, unless too many are delayed, the caller disconnects or the node shuts
// down.
func (d *denials) pause(ctx context.Context, wait time.Duration) {
	select {
	case d.waiting <- struct{}{}:
		defer func() { <-d.waiting }()
	default:
		return
	}
	d.slowed.Inc()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-d.closing:
	}
}

// addressOf returns the address that a call comes from. For IPv6 that is the network, because one
// machine has all its addresses.
func addressOf(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	ip = unmapped(ip)
	if ip.Is6() {
		network, _ := ip.Prefix(64)
		return network.Addr()
	}
	return ip
}
