package wasm

import "sync"

// Lazy is a room that is made when the first guest needs it: most nodes never run one. Its owner
// calls Close.
type Lazy struct {
	Config Config

	mu     sync.Mutex
	room   *Room
	closed bool
}

// Room returns the room. A failure is not kept.
func (l *Lazy) Room() (*Room, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	if l.room != nil {
		return l.room, nil
	}
	var err error
	l.room, err = New(l.Config)
	return l.room, err
}

// Close closes the room, if there is one. Runs must have ended.
func (l *Lazy) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.room == nil {
		return nil
	}
	return l.room.Close()
}
