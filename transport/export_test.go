package transport

import (
	"context"
	"maps"
	"net/http"
	"slices"
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

// RouteOfTest is one address, for tests that walk them all.
type RouteOfTest struct {
	ID, Method, Path string
	Needs            string
	Write, Open      bool
}

// Routes lists every route, by its id.
func (s *Server) Routes() (list []RouteOfTest) {
	for _, id := range slices.Sorted(maps.Keys(s.listed)) {
		r := s.listed[id]
		list = append(list, RouteOfTest{r.id, r.method, r.path, r.needs.String(), r.write, r.open})
	}
	return list
}
