package fsm

import (
	"sync"

	"aion.dev/aion/fsm/history"
)

// news remembers what the newest entries put into the public event streams of all namespaces, for
// this node's own listener: it asks after every entry, and a database costs it more than the entry
// cost.
type news struct {
	mu    sync.RWMutex // guards trail
	trail trail[News]
}

// News is an event of a stream, as far as it concerns those who wait on this node.
type News struct {
	Name string

	// Of WorkflowClosed.
	RunID        history.RunID
	WorkflowType string
	Status       history.Status
}

// maxNews is how many events are remembered for a listener that was away.
const maxNews = 16_384

func newNews(index uint64) *news { return &news{trail: trail[News]{since: index}} }

// keep takes over what an entry announced, once it is committed and before it is published.
func (n *news) keep(t *step) {
	if len(t.feed)+len(t.spaceFeed) == 0 {
		return
	}
	told := make([]News, 0, len(t.feed)+len(t.spaceFeed))
	for _, lines := range [...][]feedLine{t.feed, t.spaceFeed} {
		for _, line := range lines {
			event := News{Name: feedNames[line.name], RunID: line.run, WorkflowType: line.typ}
			if line.name == feedWorkflowClosed {
				event.Status = history.Status(line.data[0])
			}
			told = append(told, event)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.trail.add(t.index, told, maxNews)
}

// News implements View.
func (p *picture) News(after uint64) ([]News, bool) {
	p.news.mu.RLock()
	defer p.news.mu.RUnlock()
	return p.news.trail.between(after, p.meta.Index)
}
