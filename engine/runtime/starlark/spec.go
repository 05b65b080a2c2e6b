package starlark

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"
)

// spec says how one value is formatted: the flags, width and precision of % or of a field of
// format. Only abi 2 has them.
type spec struct {
	fill      rune // 0 = a space
	align     byte // < > ^ or 0
	sign      byte // + or a space: what positive numbers get; 0 = nothing
	zero      bool // fill with zeros between the sign and the digits
	width     int
	group     byte // , or _ between groups of digits; 0 = none
	precision int  // -1 = not given
	verb      byte // 0 = not given
}

// maxWidth bounds width and precision.
const maxWidth = 1000

// takeCount cuts digits off the start of s.
func takeCount(s, what string) (n int, rest string, err error) {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	if n, _ = decimal(s[:end]); n > maxWidth {
		return 0, "", fmt.Errorf("the %s %.20s is more than %d", what, s[:end], maxWidth)
	}
	return n, s[end:], nil
}

// takePrecision cuts a precision off the start of s.
func (f *spec) takePrecision(s string) (rest string, err error) {
	f.precision = -1
	digits, ok := strings.CutPrefix(s, ".")
	if !ok {
		return s, nil
	}
	if f.precision, rest, err = takeCount(digits, "precision"); err == nil && len(rest) == len(digits) {
		err = fmt.Errorf("the precision is missing after %q", ".")
	}
	return rest, err
}

// percentSpec cuts flags, width and precision of % off the start of s. The verb stays.
func percentSpec(s string) (f spec, rest string, err error) {
	for ; s != ""; s = s[1:] {
		switch s[0] {
		case '-':
			f.align = '<'
			continue
		case '+':
			f.sign = '+'
			continue
		case ' ':
			if f.sign == 0 {
				f.sign = ' '
			}
			continue
		case '0':
			f.zero = true
			continue
		}
		break
	}
	if f.align == '<' {
		f.zero = false
	} else if !f.zero {
		f.align = '>'
	}
	if f.width, s, err = takeCount(s, "width"); err != nil {
		return f, "", err
	}
	rest, err = f.takePrecision(s)
	return f, rest, err
}

// fieldSpec parses [[fill]align][sign][0][width][grouping][.precision][verb].
func fieldSpec(s string) (f spec, err error) {
	all := s
	if r, size := utf8.DecodeRuneInString(s); size < len(s) && strings.IndexByte("<>^", s[size]) >= 0 {
		f.fill, f.align, s = r, s[size], s[size+1:]
	} else if s != "" && strings.IndexByte("<>^", s[0]) >= 0 {
		f.align, s = s[0], s[1:]
	}
	if s != "" && strings.IndexByte("+- ", s[0]) >= 0 {
		if f.sign = s[0]; f.sign == '-' {
			f.sign = 0
		}
		s = s[1:]
	}
	if rest, ok := strings.CutPrefix(s, "0"); ok {
		f.zero, s = f.align == 0, rest
	}
	if f.width, s, err = takeCount(s, "width"); err != nil {
		return f, err
	}
	if s != "" && (s[0] == ',' || s[0] == '_') {
		f.group, s = s[0], s[1:]
	}
	if s, err = f.takePrecision(s); err != nil {
		return f, err
	}
	if s != "" {
		f.verb, s = s[0], s[1:]
	}
	switch {
	case s != "" || f.verb != 0 && strings.IndexByte("sdboxXeEfFgG%", f.verb) < 0:
		return f, fmt.Errorf("cannot read the format %.50q: it is [[fill]align][sign][0][width][,][.precision][type], with a type of sdboxXeEfFgG%%", all)
	case f.group != 0 && f.zero:
		return f, fmt.Errorf("the format %.50q has both 0 and %c", all, f.group)
	}
	return f, nil
}

// formatted writes a value as a spec says.
func (p *printer) formatted(f spec, v starlark.Value) error {
	if f.verb == 0 || f.verb == 's' {
		return p.plainly(f, v)
	}
	p.seen += 8 + bitsOf(v)/32 + max(f.precision, 0)/8
	if err := p.pay(0); err != nil {
		return err
	}
	negative, digits, err := f.digits(v)
	if err != nil {
		return err
	}
	sign := ""
	switch {
	case negative:
		sign = "-"
	case f.sign != 0:
		sign = string(f.sign)
	}
	if f.align == 0 {
		f.align = '>'
	}
	if room := f.width - len(sign) - len(digits); f.zero && room > 0 && digits != "inf" && digits != "nan" {
		sign += strings.Repeat("0", room)
	}
	return p.padded(f, sign+digits)
}

// plainly writes a value as str does, or a number without a verb.
func (p *printer) plainly(f spec, v starlark.Value) error {
	switch v.(type) {
	case starlark.Int:
		if f.verb == 0 {
			f.verb = 'd'
			return p.formatted(f, v)
		}
	case starlark.Float:
		if f.verb == 0 && (f.precision >= 0 || f.sign != 0 || f.zero || f.group != 0) {
			if f.verb = 'g'; f.precision < 0 {
				f.precision = shortest
			}
			return p.formatted(f, v)
		}
	}
	if f.sign != 0 || f.zero || f.group != 0 {
		return fmt.Errorf("a format with a sign, 0 or a grouping is for numbers, not for %s", v.Type())
	}
	text := printer{m: p.m}
	if err := text.writeStr(v); err != nil {
		return err
	}
	s, err := text.done()
	if err != nil {
		return err
	}
	if f.precision >= 0 {
		s = starlark.String(firstRunes(string(s), f.precision))
	}
	if _, number := v.(starlark.Float); number && f.align == 0 {
		f.align = '>'
	}
	return p.padded(f, string(s))
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

// padded writes a text with what fills it up to the width, by default at its right.
func (p *printer) padded(f spec, s string) error {
	room := max(f.width-utf8.RuneCountInString(s), 0)
	if f.fill == 0 {
		f.fill = ' '
	}
	left := 0
	switch f.align {
	case '>':
		left = room
	case '^':
		left = room / 2
	}
	p.seen += len(s) / 32
	if err := p.text(strings.Repeat(string(f.fill), left)); err != nil {
		return err
	}
	if err := p.text(s); err != nil {
		return err
	}
	return p.text(strings.Repeat(string(f.fill), room-left))
}

// shortest is the precision that says: as many digits as tell the float from its neighbours.
const shortest = -2

// digits formats the absolute value of a number. Only exact conversions are used, and strconv's,
// which rounds the exact value half to even: the same bits give the same text everywhere.
func (f *spec) digits(v starlark.Value) (negative bool, s string, err error) {
	switch f.verb {
	case 'd', 'i', 'b', 'o', 'x', 'X':
		i, err := starlark.NumberToInt(v)
		if err != nil {
			return false, "", fmt.Errorf("%c format requires integer: %w", f.verb, err)
		}
		if f.precision >= 0 {
			return false, "", fmt.Errorf("a format with %c takes no precision", f.verb)
		}
		base := map[byte]int{'b': 2, 'o': 8, 'x': 16, 'X': 16}[f.verb]
		if base == 0 {
			base = 10
		}
		negative, s = cutSign(i.BigInt().Text(base))
		if f.verb == 'X' {
			s = strings.ToUpper(s)
		}
		if base != 10 && f.group == ',' {
			return false, "", fmt.Errorf("a format with %c groups digits by _", f.verb)
		}
		if base != 10 {
			return negative, f.grouped(s, 4), nil
		}
		return negative, f.grouped(s, 3), nil
	}
	x, ok := starlark.AsFloat(v)
	if !ok {
		return false, "", fmt.Errorf("%c format requires float, not %s", f.verb, v.Type())
	}
	verb, precision := f.verb, f.precision
	switch {
	case precision == shortest:
		precision = -1
	case precision == -1:
		precision = 6
	}
	if i, whole := v.(starlark.Int); whole && (verb == 'f' || verb == 'F') {
		negative, s = cutSign(i.String()) // exact, also where a float is not
		if s = f.grouped(s, 3); precision > 0 {
			s += "." + strings.Repeat("0", precision)
		}
		return negative, s, nil
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		negative, s = cutSign(strings.TrimPrefix(starlark.Float(x).String(), "+"))
		return negative, s, nil
	}
	after := ""
	switch verb {
	case '%':
		x, verb, after = x*100, 'f', "%"
	case 'F':
		verb = 'f'
	}
	negative, s = cutSign(strconv.FormatFloat(x, verb, precision, 64))
	whole := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if whole < 0 {
		whole = len(s)
	}
	return negative, f.grouped(s[:whole], 3) + s[whole:] + after, nil
}

func cutSign(s string) (negative bool, digits string) {
	digits, negative = strings.CutPrefix(s, "-")
	return negative, digits
}

// grouped puts the grouping between every n digits.
func (f *spec) grouped(digits string, n int) string {
	if f.group == 0 || len(digits) <= n {
		return digits
	}
	var b strings.Builder
	for i, c := range []byte(digits) {
		if i > 0 && (len(digits)-i)%n == 0 {
			b.WriteByte(f.group)
		}
		b.WriteByte(c)
	}
	return b.String()
}
