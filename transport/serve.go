package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Serve serves l until ctx ends, and then shuts down gracefully: it accepts no more calls, long
// polls answer with what they have, event streams close, and other calls may finish within
// Limits.Drain. Then it returns nil, and no goroutine of the server is left. A Server serves once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	l = &listener{l, s.connections}
	srv := &http.Server{
		Handler:           s,
		ConnContext:       s.connections.connContext,
		TLSConfig:         s.cfg.TLS,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          s.log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	s.hot.join(srv)
	sweeping, swept := context.WithCancel(context.WithoutCancel(ctx))
	var parts sync.WaitGroup
	parts.Go(func() { s.connections.sweep(sweeping) })
	parts.Go(s.hot.serve)
	defer s.hot.stop(context.Background()) // for a listener that fails; else it has ended
	defer parts.Wait()
	defer swept()
	served := make(chan error, 1)
	go func() {
		if s.cfg.TLS != nil {
			served <- srv.ServeTLS(l, "", "")
		} else {
			served <- srv.Serve(l)
		}
	}()
	defer s.leader.CloseIdleConnections()
	defer s.leaders.close()
	select {
	case err := <-served:
		s.close()
		srv.Close()
		return fmt.Errorf("serve http on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	s.close()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Limits.Drain)
	defer cancel()
	parts.Go(func() { s.hot.stop(drain) })
	err := srv.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("calls were still under way when the drain's time was over: their connections are cut", "drain", s.cfg.Limits.Drain)
		err = srv.Close()
	}
	if e := <-served; err == nil && !errors.Is(e, http.ErrServerClosed) {
		err = e
	}
	return err
}
