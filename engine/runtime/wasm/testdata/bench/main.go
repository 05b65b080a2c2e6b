// Command bench has workflows for benchmarks.
package main

import (
	"fmt"
	"math"

	"aion.dev/aion/sdk/go/workflow"
)

// noop returns its input.
func noop(_ workflow.Context, in int) (int, error) { return in, nil }

// steps runs that many activities, one after the other.
func steps(ctx workflow.Context, n int) (int, error) {
	sum := 0
	for i := range n {
		got, err := workflow.Activity[int](ctx, "add", i)
		if err != nil {
			return 0, err
		}
		sum += got
	}
	return sum, nil
}

// compute goes round a loop of integers.
func compute(_ workflow.Context, n int) (int, error) {
	x := 1
	for i := range n {
		x = (x*31 + i) % 1000003
	}
	return x, nil
}

// trace does what tempts a program to be different each time: maps, goroutines, select, allocation,
// random numbers, floats and the clock.
func trace(ctx workflow.Context, rounds int) ([]string, error) {
	var seen []string
	for i := range rounds {
		m := map[string]float64{}
		for j := range 50 {
			m[fmt.Sprint("k", j*7919%101)] = math.Sqrt(float64(j-3)) / float64(i)
		}
		for k, v := range m {
			seen = append(seen, fmt.Sprint(k, v))
			break
		}
		c := make(chan int)
		for j := range 4 {
			go func() { c <- j }()
		}
		for range 4 {
			seen = append(seen, fmt.Sprint(<-c))
		}
		got, err := workflow.Activity[string](ctx, "add", []any{i, workflow.Now(ctx).UnixNano(), workflow.Random(ctx), workflow.UUID(ctx)})
		if err != nil {
			return nil, err
		}
		seen = append(seen, got)
	}
	return seen, nil
}

// hoard keeps that many MiB more after each step.
func hoard(ctx workflow.Context, n int) (int, error) {
	var kept [][]byte
	for {
		if _, err := workflow.Activity[int](ctx, "add", len(kept)); err != nil {
			return 0, err
		}
		b := make([]byte, n<<20)
		for i := range b {
			b[i] = byte(i) | 1
		}
		kept = append(kept, b)
	}
}

func main() {
	workflow.Register("hoard", hoard)
	workflow.Register("noop", noop)
	workflow.Register("steps", steps)
	workflow.Register("compute", compute)
	workflow.Register("trace", trace)
}
