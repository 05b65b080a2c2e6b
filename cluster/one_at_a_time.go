package cluster

import "context"

// oneAtATime is a lock that is held while other nodes are asked. It is a channel so that a synctest
// bubble counts a goroutine waiting for it as blocked.
type oneAtATime chan struct{}

func (o oneAtATime) Lock()   { o <- struct{}{} }
func (o oneAtATime) Unlock() { <-o }

// LockWithin is Lock, but it gives up when ctx ends. A leader's loops use it: an online restore
// holds the lock while it waits for those loops to end.
func (o oneAtATime) LockWithin(ctx context.Context) error {
	select {
	case o <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
