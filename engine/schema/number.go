package schema

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"aion.dev/aion/internal/clip"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// hugeNumber returns a number whose exponent is beyond 64-bit floats, or "". The validator computes
// with exact fractions: 1e999999 would cost it milliseconds and megabytes, and an input may contain
// a hundred thousand of them.
func hugeNumber(v any) string {
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			if n := hugeNumber(item); n != "" {
				return n
			}
		}
	case []any:
		for _, item := range v {
			if n := hugeNumber(item); n != "" {
				return n
			}
		}
	case interface{ Float64() (float64, error) }: // json.Number
		s := fmt.Sprint(v)
		if i := strings.IndexAny(s, "eE"); i >= 0 {
			if e, err := strconv.Atoi(s[i+1:]); err != nil || e < -400 || e > 400 {
				return s
			}
		}
	}
	return ""
}

// numberText describes violations about numbers with all digits, which the library would round; ""
// for other violations.
func numberText(of jsonschema.ErrorKind) string {
	var got, want *big.Rat
	switch k := of.(type) {
	case *kind.Maximum:
		got, want = k.Got, k.Want
	case *kind.Minimum:
		got, want = k.Got, k.Want
	case *kind.ExclusiveMaximum:
		got, want = k.Got, k.Want
	case *kind.ExclusiveMinimum:
		got, want = k.Got, k.Want
	case *kind.MultipleOf:
		got, want = k.Got, k.Want
	default:
		return ""
	}
	return fmt.Sprintf("%s: got %s, want %s", of.KeywordPath()[0], digits(got), digits(want))
}

func digits(r *big.Rat) string {
	n, _ := r.FloatPrec() // both come from decimals, so the digits end
	return clip.Short(r.FloatString(n))
}
