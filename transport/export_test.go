package transport

import (
	"context"
	"net/http"
)

// Join serves the hot face on the connections of srv, until stop.
func (s *Server) Join(srv *http.Server) (stop func()) {
	s.hot.join(srv)
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.hot.serve()
	}()
	return func() {
		s.close()
		s.hot.face.Stop(ended())
		<-served
	}
}

func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
