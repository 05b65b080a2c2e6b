package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// flagSaid is what is wrong with a flag. A value that is not of the flag's kind is told by what it
// may be, not in the words of Go's libraries. Settings, which are flags of serve, have words of
// their own.
func flagSaid(err error) string {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) || !inGo(invalid.Unwrap()) {
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

// inGo reports whether an error is one of strconv or of time.ParseDuration.
func inGo(err error) bool {
	_, number := errors.AsType[*strconv.NumError](err)
	return number || strings.HasPrefix(err.Error(), "time: ")
}
