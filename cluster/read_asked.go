package cluster

import "sync"

// maxAsked is how many questions to one voter may wait for its answer. Rounds that others decide
// come every fraction of a millisecond, and a frozen voter must not collect them all.
const maxAsked = 4

// asked counts the questions that each voter has not answered yet.
type asked struct {
	mu sync.Mutex
	of map[string]int // by node id; no zeros
}

// begin counts a question to a voter. It answers false if too many wait there already.
func (a *asked) begin(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of[id] >= maxAsked {
		return false
	}
	if a.of == nil {
		a.of = map[string]int{}
	}
	a.of[id]++
	return true
}

// end takes back what begin counted.
func (a *asked) end(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of[id]--; a.of[id] == 0 {
		delete(a.of, id)
	}
}
