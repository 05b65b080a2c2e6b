package suite

import (
	"context"
	"fmt"
	"time"
)

// held waits until every node has the archive of every loaded version: a load is acknowledged once
// a majority has it on disk, and the others fetch it. An archive that nobody has any more is found
// here even if no run needs it yet.
func (w *watch) held() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	lacking := "nobody could be asked"
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		now := ""
		for _, n := range w.c.Nodes() {
			if !n.Running() {
				return // other checks report why
			}
			s, err := n.Status(ctx)
			if err != nil {
				now = fmt.Sprintf("%s does not say what it has: %v", n.Name, err)
				continue
			}
			for _, m := range s.Members {
				if m.ID == n.ID() && m.MissingBlobs > 0 {
					now = fmt.Sprintf("%s lacks %d archives of versions that are loaded", n.Name, m.MissingBlobs)
				}
			}
		}
		if now == "" {
			return
		}
		if ctx.Err() == nil { // otherwise the error is about our own end
			lacking = now
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.mu.Lock()
			w.foundf("archives", "%s after the heal, %s", patience, lacking)
			w.mu.Unlock()
			return
		}
	}
}
