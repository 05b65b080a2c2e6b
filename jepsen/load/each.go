package load

import "sync"

// Each calls f for every item, several at a time, and returns the first error.
func Each[T any](items []T, at int, f func(i int, item T) error) error {
	var mu sync.Mutex
	var first error
	next := 0
	var all sync.WaitGroup
	for range min(at, len(items)) {
		all.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				stop := first != nil || i >= len(items)
				mu.Unlock()
				if stop {
					return
				}
				if err := f(i, items[i]); err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	return first
}
