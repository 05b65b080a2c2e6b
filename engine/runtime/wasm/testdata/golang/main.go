// Command golang has workflow functions that use what only Go has.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"time"
	_ "time/tzdata"

	"aion.dev/aion/sdk/go/workflow"
)

type (
	context = workflow.Context
	none    = workflow.None
	list    = []any
)

func main() {
	workflow.Register("goroutines", goroutines)
	workflow.RegisterFunc(Pipeline)
	workflow.Register("order_of_maps", orderOfMaps)
	workflow.Register("lock", lock)
	workflow.Register("locked_condition", lockedCondition)
	workflow.Register("waits_for_nothing", waitsForNothing)
	workflow.Register("clock", clock)
	workflow.Register("native_timer", nativeTimer)
	workflow.Register("zones", zones)
	workflow.Register("numbers", numbers)
	workflow.Register("query_waits", queryWaits)
	workflow.Register("churn", churn)
}

// goroutines starts three activities from goroutines of its own, which wait by themselves.
func goroutines(ctx context, _ none) (any, error) {
	var wg sync.WaitGroup
	results := make([]int, 3)
	for i := range results {
		wg.Go(func() { results[i], _ = workflow.Activity[int](ctx, "charge", i) })
	}
	wg.Wait()
	return results, nil
}

// Pipeline lets stages hand values on by channels; the last one asks for an activity.
func Pipeline(ctx context, n int) (any, error) {
	numbers, squares := make(chan int), make(chan int, 1)
	go func() {
		defer close(numbers)
		for i := range n {
			numbers <- i
		}
	}()
	go func() {
		defer close(squares)
		for i := range numbers {
			squares <- i * i
		}
	}()
	stop, sum := make(chan struct{}), 0
	for {
		select {
		case s, ok := <-squares:
			if !ok {
				return sum, nil
			}
			paid, err := workflow.Activity[int](ctx, "charge", s)
			if err != nil {
				return nil, err
			}
			sum += paid
		case <-stop:
			return nil, errors.New("nobody has stopped it")
		}
	}
}

// orderOfMaps does what depends on the order of a map, on which of two channels is taken, and on
// the addresses of things.
func orderOfMaps(ctx context, _ none) (any, error) {
	trace := ""
	m := map[string]int{}
	for i := range 40 {
		m[fmt.Sprint("k", i*7919%101)] = i
	}
	for range 3 {
		if _, err := workflow.Activity[any](ctx, "charge", nil); err != nil {
			return nil, err
		}
		for k := range m {
			trace += k
			break
		}
		a, b := make(chan string, 1), make(chan string, 1)
		a <- "a"
		b <- "b"
		select {
		case s := <-a:
			trace += s
		case s := <-b:
			trace += s
		}
		trace += fmt.Sprintf("%p", m)
	}
	workflow.SetAttributes(ctx, workflow.Attributes{"trace": trace})
	return len(trace) > 0, nil
}

// lock lets handlers work one at a time by a mutex that they hold while they wait.
func lock(ctx context, _ none) (any, error) {
	var mu sync.Mutex
	notes := []string{}
	workflow.OnSignal(ctx, "a", func(ctx context, n int) error {
		mu.Lock()
		defer mu.Unlock()
		notes = append(notes, fmt.Sprint("in ", n))
		if err := workflow.Sleep(ctx, time.Second); err != nil {
			return err
		}
		notes = append(notes, fmt.Sprint("out ", n))
		return nil
	})
	_, err := workflow.Until(ctx, func() bool { return len(notes) == 4 })
	return notes, err
}

// lockedCondition asks for a lock in a condition, which a handler holds while it waits.
func lockedCondition(ctx context, _ none) (any, error) {
	var mu sync.Mutex
	workflow.OnSignal(ctx, "a", func(ctx context, _ none) error {
		mu.Lock()
		defer mu.Unlock()
		return workflow.Sleep(ctx, time.Second)
	})
	return workflow.Until(ctx, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return false
	})
}

// waitsForNothing waits on a channel that nobody knows.
func waitsForNothing(context, none) (any, error) {
	<-make(chan int)
	return nil, nil
}

// clock tells whether time.Now moves with the turns.
func clock(ctx context, _ none) (any, error) {
	begun := time.Now()
	same := begun.Equal(workflow.Now(ctx)) && time.Since(begun) == 0
	if err := workflow.Sleep(ctx, time.Minute); err != nil {
		return nil, err
	}
	return list{same, begun.UTC().Format(time.RFC3339), time.Since(begun).String()}, nil
}

// nativeTimer waits by a timer of Go's own, which does not wake the run, but is over when something
// else does. Its goroutine asks for an activity then.
func nativeTimer(ctx context, _ none) (any, error) {
	paid := false
	workflow.OnSignal(ctx, "poke", func(context, none) error { return nil })
	go func() {
		time.Sleep(3 * time.Second)
		_, err := workflow.Activity[any](ctx, "charge", nil)
		paid = err == nil
	}()
	_, err := workflow.Until(ctx, func() bool { return paid })
	return paid, err
}

func zones(ctx context, _ none) (any, error) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return nil, err
	}
	return workflow.Now(ctx).In(berlin).String(), nil
}

// numbers returns random numbers of all kinds.
func numbers(ctx context, _ none) (any, error) {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return list{workflow.Rand(ctx).IntN(1000), hex.EncodeToString(b[:]), mathrand.IntN(1000)}, nil
}

// queryWaits answers queries that do what they may not, or cannot.
func queryWaits(ctx context, _ none) (any, error) {
	n, block := 0, make(chan int)
	future := workflow.StartActivity[int](ctx, "charge", nil)
	workflow.OnQuery(ctx, "blocks", func(none) (int, error) { return <-block, nil })
	workflow.OnQuery(ctx, "counts", func(none) (int, error) { n++; return n, nil })
	workflow.OnQuery(ctx, "result", func(none) (int, error) { return future.Get(ctx) })
	workflow.OnQuery(ctx, "panics", func(none) (int, error) { return []int{}[n], nil })
	workflow.OnQuery(ctx, "fans", func(n int) (int, error) {
		sum := make(chan int)
		for i := range n {
			go func() { sum <- i }()
		}
		total := 0
		for range n {
			total += <-sum
		}
		return total, nil
	})
	return workflow.Signal[any](ctx, "end")
}

// churn lets goroutines make garbage of all sizes, so that the collector works in the middle of
// everything, and wait for activities in between.
func churn(ctx context, rounds int) (any, error) {
	type node struct {
		next *node
		junk []byte
	}
	kept := make([]*node, 8)
	results := make(chan int)
	for i := range kept {
		go func() {
			sum := 0
			for round := range rounds {
				for j := range 700 {
					n := &node{junk: make([]byte, (i*31+j*7)%3000)}
					if n.next = kept[i]; j%50 == 0 {
						n.next = nil
					}
					kept[i] = n
				}
				paid, err := workflow.Activity[int](ctx, "charge", round)
				if err != nil {
					sum -= 1000
				}
				sum += paid
			}
			results <- sum
		}()
	}
	total := 0
	for range kept {
		total += <-results
	}
	return total, nil
}
