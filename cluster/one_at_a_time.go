package cluster

// oneAtATime is a lock that is held while other nodes are asked. It is a channel, so that the
// bubble of a test sees who waits for it.
type oneAtATime chan struct{}

func (o oneAtATime) Lock()   { o <- struct{}{} }
func (o oneAtATime) Unlock() { <-o }
