package workflow

import "context"

// Context is the context of workflow code: an ordinary context.Context, by which the functions of
// this package know whose code calls them. It has no deadline. It ends when code knows that the run
// is to be cancelled: a wait has ended with that, or code has asked Cancelled. Code may go on using
// it then, to clean up.
//
// Contexts derived from it work too. When such a context ends, what is waited for or started with
// it is cancelled, as Future.Cancel does. While code waits with a context that has a deadline, a
// timer of the run keeps the time.
type Context = context.Context

// scope is the context of the entry function or of a handler.
type scope struct {
	Context
	handler bool
}

type scopeKey struct{}

// Value implements context.Context.
func (s *scope) Value(key any) any {
	if key == (scopeKey{}) {
		return s
	}
	return s.Context.Value(key)
}

// scopeOf returns the context of the code that ctx is, or is derived from.
func scopeOf(ctx Context) *scope {
	if s, ok := ctx.(*scope); ok {
		return s
	}
	if ctx != nil {
		if s, ok := ctx.Value(scopeKey{}).(*scope); ok {
			return s
		}
	}
	outside()
	panic(misuse("the context is not that of workflow code: hand on the one that the function got"))
}
