package fsm

import (
	"slices"
	"sync"
)

// fedSpaces is when the event stream of each namespace last grew, so that whoever follows all of
// them looks only where there is something. It may be ahead of a picture.
type fedSpaces struct {
	mu   sync.Mutex
	last map[string]uint64 // index; guarded by mu
}

func (f *fedSpaces) note(space string, index uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil {
		f.last = map[string]uint64{}
	}
	f.last[space] = index
}

// since returns the namespaces whose stream has grown after an index, in order. Those that grew
// before this node opened the state are not among them: whoever follows begins with the present.
func (f *fedSpaces) since(after uint64) (names []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, at := range f.last { // any order: they are sorted
		if at > after {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
