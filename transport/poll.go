package transport

import (
	"context"
	"time"
)

// poll runs a call that may wait. When the server closes, the wait ends and the call answers with
// what it has, as if its time were over. It fails when the caller may not call any more.
func (s *Server) poll(ctx context.Context, wait time.Duration, f func(context.Context, time.Duration) error) error {
	if wait <= 0 || s.closing.Err() != nil {
		return f(ctx, 0)
	}
	release, err := s.polls.acquire()
	if err != nil {
		return err
	}
	defer release()
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	if over, done := s.vigils.keep(&exchangeOf(ctx).caller); over != nil {
		defer done()
		defer context.AfterFunc(over, cancel)()
		err = f(waiting, wait)
		if over.Err() != nil && ctx.Err() == nil {
			return context.Cause(over)
		}
	} else {
		err = f(waiting, wait)
	}
	if err != nil && s.closing.Err() != nil && ctx.Err() == nil {
		return f(ctx, 0)
	}
	return err
}
