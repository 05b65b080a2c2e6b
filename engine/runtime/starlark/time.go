package starlark

import (
	"fmt"
	"time"

	"aion.dev/aion/internal/zones"
	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// timeModule is the interpreter's time module without everything that depends on the machine: it
// has no now, and its zones come from internal/zones.
var timeModule = &starlarkstruct.Module{Name: "time", Members: starlark.StringDict{
	"from_timestamp":    timeFunction("from_timestamp", fromTimestamp),
	"is_valid_timezone": timeFunction("is_valid_timezone", isValidZone),
	"parse_duration":    startime.Module.Members["parse_duration"],
	"parse_time":        timeFunction("parse_time", parseTime),
	"time":              timeFunction("time", newTime),

	"nanosecond":  startime.Duration(time.Nanosecond),
	"microsecond": startime.Duration(time.Microsecond),
	"millisecond": startime.Duration(time.Millisecond),
	"second":      startime.Duration(time.Second),
	"minute":      startime.Duration(time.Minute),
	"hour":        startime.Duration(time.Hour),
}}

// timeMethods guards the methods of time values.
var timeMethods = map[string]method{
	"format": func(m *meter, _ starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
		// A layout of n bytes expands to at most a few times n.
		if err := m.text(8 * length(first(args))); err != nil {
			return nil, err
		}
		return call()
	},
	"in_location": func(_ *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, _ original) (starlark.Value, error) {
		var name string
		if err := starlark.UnpackPositionalArgs("in_location", args, kwargs, 1, &name); err != nil {
			return nil, err
		}
		zone, err := zones.Of(name)
		if err != nil {
			return nil, err
		}
		return startime.Time(time.Time(recv.(startime.Time)).In(zone)), nil
	},
}

func timeFunction(name string, do func(args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error)) *starlark.Builtin {
	return starlark.NewBuiltin("time."+name, func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		v, err := do(args, kwargs)
		return v, named(b.Name(), err)
	})
}

func fromTimestamp(args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var seconds, nanoseconds int64
	if err := starlark.UnpackPositionalArgs("from_timestamp", args, kwargs, 1, &seconds, &nanoseconds); err != nil {
		return nil, err
	}
	return startime.Time(time.Unix(seconds, nanoseconds).UTC()), nil
}

func isValidZone(args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	if err := starlark.UnpackPositionalArgs("is_valid_timezone", args, kwargs, 1, &name); err != nil {
		return nil, err
	}
	_, err := zones.Of(name)
	return starlark.Bool(err == nil), nil
}

// maxTimeText bounds the length of a time's text and layout.
const maxTimeText = 1000

func parseTime(args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	layout, location := time.RFC3339, "UTC"
	if err := starlark.UnpackArgs("parse_time", args, kwargs, "x", &text, "format?", &layout, "location?", &location); err != nil {
		return nil, err
	}
	if len(text) > maxTimeText || len(layout) > maxTimeText {
		return nil, fmt.Errorf("the text or the format has more than %d bytes", maxTimeText)
	}
	zone, err := zones.Of(location)
	if err != nil {
		return nil, err
	}
	// Not time.Parse: it uses the machine's own zone for an offset that matches it.
	t, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		return nil, err
	}
	return startime.Time(t), nil
}

func newTime(args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var year, hour, minute, second, nanosecond int
	month, day := 1, 1 // 0 would mean the previous month, or the previous day
	location := ""
	if err := starlark.UnpackArgs("time", nil, kwargs, "year?", &year, "month?", &month, "day?", &day, "hour?", &hour, "minute?", &minute,
		"second?", &second, "nanosecond?", &nanosecond, "location?", &location); err != nil {
		return nil, err
	}
	if len(args) > 0 {
		return nil, fmt.Errorf("unexpected positional arguments")
	}
	zone, err := zones.Of(location)
	if err != nil {
		return nil, err
	}
	return startime.Time(time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, zone)), nil
}
