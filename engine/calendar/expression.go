package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/internal/clip"
	"github.com/robfig/cron/v3"
)

// The library accepts expressions that nobody can have meant: a step beyond its range fires like
// another step, and an empty list item is skipped. So this file parses expressions strictly, and
// the library only computes the next time.

// cronField is one field of an expression.
type cronField struct {
	name        string
	least, most int
	words       []string // names of its values, from least on
}

// The fields of an expression, in order. The seconds are optional.
var cronFields = []cronField{
	{"second", 0, 59, nil}, {"minute", 0, 59, nil}, {"hour", 0, 23, nil}, {"day of month", 1, 31, nil},
	{"month", 1, 12, strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")},
	{"day of week", 0, 7, strings.Fields("sun mon tue wed thu fri sat")},
}

// cronWords maps the named expressions to their fields.
var cronWords = map[string]string{
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}

// readCron parses an expression. If the expression contains L, the last day of the month, days says
// so, and spec contains every day that can be the last.
func readCron(text string) (spec *cron.SpecSchedule, days dayRule, err error) {
	if strings.HasPrefix(strings.TrimSpace(text), "@") {
		plain, ok := cronWords[strings.ToLower(strings.TrimSpace(text))]
		if !ok {
			return nil, days, unreadable("is unrecognized; want @hourly, @daily, @weekly, @monthly or @yearly")
		}
		text = plain
	}
	fields := strings.Fields(text)
	if len(fields) == 5 {
		fields = append([]string{"0"}, fields...)
	}
	if len(fields) != 6 {
		return nil, days, unreadable("has %d fields; want 5 to 6 fields: minute, hour, day of month, month, day of week, and seconds before them if need be", len(fields))
	}
	var bits [6]uint64
	for i, field := range fields {
		f := &cronFields[i]
		for _, item := range strings.Split(field, ",") {
			if f.name == "day of month" && item == "L" {
				days.last = true
				continue
			}
			set, err := f.item(item)
			if err != nil {
				return nil, days, err
			}
			bits[i] |= set
		}
	}
	if bits[5]&(1<<7) != 0 { // 7 is Sunday, like 0
		bits[5] = bits[5]&^(1<<7) | 1
	}
	days.month, days.week = bits[3], bits[5]
	if days.last {
		bits[3] |= 1<<28 | 1<<29 | 1<<30 | 1<<31
	}
	return &cron.SpecSchedule{Second: bits[0], Minute: bits[1], Hour: bits[2], Dom: bits[3], Month: bits[4], Dow: bits[5], Location: time.Local}, days, nil // the library treats this zone as the one of the time it is given
}

// item parses one item of a field's list: *, a value, or a range, each with an optional step.
func (f *cronField) item(text string) (bits uint64, err error) {
	if text == "" {
		return 0, f.wrong("has an empty item")
	}
	span, stepText, stepped := strings.Cut(text, "/")
	from, to, ranged := strings.Cut(span, "-")
	first, last := f.least, f.most
	all := span == "*" || span == "?"
	if f.words != nil && f.most == 7 && (all || !ranged) {
		last = 6 // Sunday once
	}
	if !all {
		if first, err = f.value(from); err != nil {
			return 0, err
		}
		switch {
		case ranged:
			if last, err = f.value(to); err != nil {
				return 0, err
			}
			if last == 0 && first > 0 && f.most == 7 { // fri-sun
				last = 7
			}
		case !stepped:
			last = first
		}
		if first > last {
			return 0, f.wrong("has the range %s, whose start is beyond its end", clip.Short(span))
		}
	}
	step := 1
	if stepped {
		if step, err = number(stepText); err != nil || step < 1 {
			return 0, f.wrong("has the step %q; want a positive number", clip.Short(stepText))
		}
		if size := last - first + 1; step > size {
			return 0, f.wrong("has the step %d, which is larger than its range of %d", step, size)
		}
	}
	for v := first; v <= last; v += step {
		bits |= 1 << v
	}
	if all && step == 1 {
		bits |= everyHour
	}
	return bits, nil
}

// value parses a number or a name.
func (f *cronField) value(text string) (int, error) {
	for i, word := range f.words {
		if strings.EqualFold(word, text) {
			return f.least + i, nil
		}
	}
	n, err := number(text)
	switch {
	case err != nil:
		return 0, f.wrong("has %q, which is neither a number nor a name of this field", clip.Short(text))
	case n > f.most:
		return 0, f.wrong("has %d, above maximum %d", n, f.most)
	case n < f.least:
		return 0, f.wrong("has %d, below minimum %d", n, f.least)
	}
	return n, nil
}

// number parses digits and nothing else.
func number(text string) (int, error) {
	if strings.Trim(text, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.Atoi(text)
}

func (f *cronField) wrong(format string, args ...any) error {
	return unreadable("%s %s", f.name, fmt.Sprintf(format, args...))
}

func unreadable(format string, args ...any) error { return invalid("cron", format, args...) }
