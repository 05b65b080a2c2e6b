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

// denials turns callers away: those without a known token, those whose token may not do that, web
// pages of other origins and other names. It counts them, says in the log who and from where, a few
// lines at a time, and lets an address whose tokens are refused again and again wait for its
// answer. Callers who may call are never slowed, whatever others of their address do.
type denials struct {
	log     hclog.Logger
	closing <-chan struct{}
	count   *prometheus.CounterVec
	slowed  prometheus.Counter
	waiting chan struct{} // one for each answer that waits

	mu     sync.Mutex             // guards what follows
	seen   map[netip.Addr]*denied // lately
	before map[netip.Addr]*denied // and before that
	window time.Time              // when the lines below began to count
	lines  int
	hushed int // denials without a line since the last line
}

// denied is how one address stands.
type denied struct {
	level  float64 // denials, less one for each second
	at     time.Time
	logged time.Time
	hushed int // denials without a line since logged
}

const (
	deniedAddresses = 4096            // that are remembered; those that were silent longest are forgotten first
	deniedFree      = 20              // denials in a row that are answered at once; one comes back each second
	deniedDelay     = 5 * time.Second // longest wait for an answer
	deniedWaiting   = 256             // answers that wait at a time; what is above is answered at once
	deniedQuiet     = 10 * time.Second
	deniedLines     = 20 // in that time, of all addresses; one address has one
)

func newDenials(reg prometheus.Registerer, log hclog.Logger, closing <-chan struct{}) (*denials, error) {
	d := &denials{
		log: log, closing: closing, waiting: make(chan struct{}, deniedWaiting), seen: make(map[netip.Addr]*denied),
		count:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aion_http_denied_total", Help: "Calls that were turned away for who made them, by error code."}, []string{"code"}),
		slowed: prometheus.NewCounter(prometheus.CounterOpts{Name: "aion_http_denied_slowed_total", Help: "Those whose answer had to wait, because their address was turned away again and again."}),
	}
	if err := reg.Register(d.count); err != nil {
		return nil, err
	}
	return d, reg.Register(d.slowed)
}

// deny answers with p. who is the name of the caller's token; empty = none that is known.
func (d *denials) deny(w http.ResponseWriter, r *http.Request, who string, p *wire.Problem) {
	d.count.WithLabelValues(p.Code).Inc()
	wait := d.note(r, who, p)
	if wait > 0 {
		d.pause(r.Context(), wait)
	}
	writeProblem(w, p)
}

// note records a denial, says so, and returns how long its answer is to wait.
func (d *denials) note(r *http.Request, who string, p *wire.Problem) time.Duration {
	from := addressOf(r)
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.of(from, now)
	e.level = max(0, e.level-now.Sub(e.at).Seconds())
	e.at = now
	guessed := p.Code == "unauthenticated" || who != ""
	if guessed { // names and origins are no secrets
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
		// Not the query, which may hold what was meant to be a header, nor any header that may be a
		// secret.
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

// of returns how an address stands. It is called with mu held.
func (d *denials) of(from netip.Addr, now time.Time) *denied {
	e := d.seen[from]
	if e != nil {
		return e
	}
	if len(d.seen) >= deniedAddresses/2 {
		d.before, d.seen = d.seen, make(map[netip.Addr]*denied)
	}
	if e = d.before[from]; e == nil {
		e = &denied{at: now}
	}
	d.seen[from] = e
	return e
}

// pause lets an answer wait, unless too many do, the caller goes or the node ends.
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

// addressOf is where a call comes from. Of an IPv6 address its network counts: a machine has all
// the addresses of one.
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
