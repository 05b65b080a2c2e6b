package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/spf13/pflag"
)

// flagSaid is what is wrong with a flag. A value that is not of the flag's kind is told by what it
// may be, not in the words of the library that parsed it.
func flagSaid(err error) string {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err.Error()
	}
	want := ""
	switch invalid.GetFlag().Value.Type() {
	case "uint64":
		want = fmt.Sprintf("a whole number from 0 to %d", uint64(math.MaxUint64))
	case "int", "int64":
		want = fmt.Sprintf("a whole number from %d to %d", math.MinInt64, math.MaxInt64)
	case "duration":
		want = "a duration such as 90s or 2h30m"
	case "bool":
		want = "true or false"
	default:
		return err.Error()
	}
	return fmt.Sprintf("invalid argument %q for %q flag: want %s", invalid.GetValue(), "--"+invalid.GetFlag().Name, want)
}
