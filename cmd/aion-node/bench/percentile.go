package bench

import (
	"math"
	"slices"
	"time"
)

// quantile returns milliseconds: the least latency that at least the share q of all does not
// exceed. The latencies must be sorted.
func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := min(len(sorted)-1, max(0, int(math.Ceil(q*float64(len(sorted))))-1))
	return rounded(sorted[at].Seconds()*1e3, 3)
}

// median returns the middle of values; of an even number the mean of the two in the middle.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// rounded rounds to a number of digits after the point: more of them say nothing in a report.
func rounded(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}

// Spread is the least and the greatest figure of all rounds.
type Spread struct {
	Least    float64 `json:"least"`
	Greatest float64 `json:"greatest"`
}

func spreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	return Spread{slices.Min(values), slices.Max(values)}
}
