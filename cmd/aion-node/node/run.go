package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"aion.dev/aion/transport"
)

// handOver bounds how long an ending node tries to transfer leadership. Without another live voter
// that is impossible.
const handOver = 5 * time.Second

// part runs beside other parts until it is told to end.
type part struct {
	name string
	stop context.CancelFunc
	over chan struct{} // closed when it has ended
	err  error         // valid after that
}

// Run runs the node until ctx ends or it cannot go on, and then releases everything. The error is
// nil after an orderly end.
func (n *Node) Run(ctx context.Context) error {
	ended := make(chan *part, 8) // as many as there are parts: nobody listens to the later ones
	begin := func(name string, run func(context.Context) error) *part {
		own, stop := context.WithCancel(context.WithoutCancel(ctx)) // each part ends in its turn, not all at once
		p := &part{name: name, stop: stop, over: make(chan struct{})}
		go func() {
			if err := run(own); err != nil && !errors.Is(err, context.Canceled) {
				p.err = fmt.Errorf("%s: %w", name, err)
			}
			close(p.over)
			ended <- p
		}()
		return p
	}

	cluster := begin("cluster", func(ctx context.Context) error { return n.cluster.Run(ctx, n.engine.Lead) })
	engine := begin("engine", n.engine.Run)
	server := begin("http", func(ctx context.Context) error { return n.server.Serve(ctx, n.listener) })
	profiles := begin("pprof", n.servePprof)
	renewal := begin("certificates", n.keepCertificates)
	checks := begin("package checks", n.keepChecker)
	audit := begin("audit log", n.keepAudit)
	issuer := begin("keys of JWTs", n.keepJWT)

	var first *part // the first part that ended by itself
	select {
	case <-ctx.Done():
		n.log.Info("shutting down: refusing deploys, handing leadership on, then finishing calls under way", "drain", n.cfg.Drain.Timeout)
		led := n.cluster.IsLeader()
		if err := n.drain(context.WithoutCancel(ctx)); err != nil {
			n.log.Warn("leadership was not handed on before the end", "reason", err)
		} else if led {
			time.Sleep(stillPassedOn)
		}
	case first = <-ended:
	}

	parts := []*part{server, engine, cluster, profiles, renewal, checks, audit, issuer}
	for _, p := range parts {
		p.stop()
		<-p.over
	}
	n.closeTracer()
	cause := causeOf(cluster, first, parts)
	if cause == nil {
		return nil
	}
	for _, p := range parts {
		if p != cause && p.err != nil {
			n.log.Warn("a part of this node did not end well", "error", p.err)
		}
	}
	return cause.err
}

// causeOf returns the part whose error explains why the node ended; nil after an orderly end. A
// failure of the log or the state also ends the engine and the server, possibly earlier, so the
// cluster's error, if there is one, is the cause.
func causeOf(cluster, first *part, parts []*part) *part {
	for _, p := range append([]*part{cluster, first}, parts...) {
		if p != nil && p.err != nil {
			return p
		}
	}
	return nil
}

// stillPassedOn is how long a former leader keeps serving after it has transferred leadership.
// Others forward calls to it until they hear from the new leader, which sends every tenth of a
// second. If a connection were cut under such a call, its caller would not learn the outcome.
const stillPassedOn = 300 * time.Millisecond

// drain makes this node dispensable to the others; see cluster.Drain.
func (n *Node) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, handOver)
	defer cancel()
	_, err := n.cluster.Drain(ctx, nil, "", true)
	return err
}

// keepChecker keeps a process ready for the next package to check, and ends with ctx.
func (n *Node) keepChecker(ctx context.Context) error {
	if n.checker != nil {
		n.checker.Warm()
		defer n.checker.Close()
	}
	<-ctx.Done()
	return nil
}

// servePprof serves profiles at the configured address, and ends with ctx.
func (n *Node) servePprof(ctx context.Context) error {
	if n.pprof == nil {
		<-ctx.Done()
		return nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	// Not /debug/pprof/cmdline: the command line may contain tokens.
	mux.HandleFunc("/debug/pprof/cmdline", http.NotFound)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	srv := &http.Server{Handler: transport.GuardHosts(mux), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	defer context.AfterFunc(ctx, func() { srv.Close() })()
	if err := srv.Serve(n.pprof); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
