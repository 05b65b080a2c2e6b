package cluster

// oneAtATime is a lock that is held while other nodes are asked. It is a channel so that a synctest
// bubble counts a goroutine waiting for it as blocked.
type oneAtATime chan struct{}

func (o oneAtATime) Lock()   { o <- struct{}{} }
func (o oneAtATime) Unlock() { <-o }
