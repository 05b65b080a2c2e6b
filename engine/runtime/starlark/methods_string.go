package starlark

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"
)

var stringMethods = map[string]method{
	"capitalize": guardCopying, "lower": guardCopying, "title": guardCopying, "upper": guardCopying,

	"count": guardSearching, "endswith": guardAffix, "find": guardSearching, "index": guardSearching, "rfind": guardSearching, "rindex": guardSearching, "startswith": guardAffix,
	"isalnum": guardClassifying, "isalpha": guardClassifying, "isdigit": guardClassifying, "islower": guardClassifying, "isspace": guardClassifying, "istitle": guardClassifying, "isupper": guardClassifying,

	"lstrip": guardStripping, "rstrip": guardStripping, "strip": guardStripping, "removeprefix": guardCutting, "removesuffix": guardCutting, "partition": guardCutting, "rpartition": guardCutting,
	"split": guardSplitting, "rsplit": guardSplitting, "splitlines": guardSplitting,

	"elems": guardElems(false), "elem_ords": guardElems(true), "codepoints": guardCodepoints(false), "codepoint_ords": guardCodepoints(true),

	"format": func(m *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, _ original) (starlark.Value, error) {
		return m.format(string(recv.(starlark.String)), args, kwargs)
	},
	"join":    guardJoining,
	"replace": guardReplacing,
}

var bytesMethods = map[string]method{
	"elems": func(_ *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
		if _, err := call(); err != nil {
			return nil, err
		}
		return &elems{s: string(recv.(starlark.Bytes)), ords: true, of: recv}, nil
	},
}

// guardCopying guards methods that make a string about as long as their receiver: changing case at
// most doubles it.
func guardCopying(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if err := m.text(2 * length(recv)); err != nil {
		return nil, err
	}
	if err := m.steps(length(recv) / 4); err != nil {
		return nil, err
	}
	return call()
}

// guardSearching guards methods that search their receiver for their argument: at worst about a
// nanosecond per byte, however often the argument almost matches.
func guardSearching(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if err := m.steps(length(recv) / 16); err != nil {
		return nil, err
	}
	return call()
}

// guardClassifying guards methods that classify each character of their receiver.
func guardClassifying(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if err := m.steps(length(recv) / 2); err != nil {
		return nil, err
	}
	return call()
}

// guardCutting guards methods that return pieces of their receiver, each at most once.
func guardCutting(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if err := m.steps(length(recv) / 16); err != nil {
		return nil, err
	}
	if err := m.text(length(recv) + 3*costString); err != nil {
		return nil, err
	}
	v, err := call()
	if pieces, ok := v.(starlark.Tuple); ok {
		for i, p := range pieces {
			pieces[i] = own(recv, p)
		}
	}
	return own(recv, v), err
}

// guardStripping guards methods that look up each character of their receiver in their argument.
func guardStripping(m *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, call original) (starlark.Value, error) {
	if err := m.product(length(recv), length(first(args))); err != nil {
		return nil, err
	}
	return guardCutting(m, recv, args, kwargs, call)
}

// guardAffix guards methods that compare their receiver with their argument, or with each element
// of a tuple.
func guardAffix(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if many, ok := first(args).(starlark.Tuple); ok {
		for _, one := range many {
			if err := m.steps(1 + min(length(recv), length(one))/64); err != nil {
				return nil, err
			}
		}
	} else if err := m.steps(length(first(args)) / 64); err != nil {
		return nil, err
	}
	return call()
}

// product charges for n times k units of work.
func (m *meter) product(n, k int) error {
	return m.steps(n/16 + k/16 + n*min(k, 1<<20)/128)
}

// guardSplitting guards methods that cut their receiver into any number of pieces.
func guardSplitting(m *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, call original) (starlark.Value, error) {
	s := string(recv.(starlark.String))
	if err := m.steps(len(s) / 2); err != nil {
		return nil, err
	}
	pieces := len(s)/2 + 1 // white space, at worst
	if sep, ok := first(args).(starlark.String); ok && sep != "" {
		pieces = strings.Count(s, string(sep)) + 1
	} else if len(args) == 0 {
		pieces = min(pieces, strings.Count(s, " ")+strings.Count(s, "\n")+strings.Count(s, "\t")+len(s)/8+1)
	}
	if err := m.steps(2 * pieces); err != nil {
		return nil, err
	}
	// The library builds two lists; one holds Go strings.
	if err := m.growBy(pieces, 2*costElem+costString); err != nil {
		return nil, err
	}
	if err := m.text(len(s)); err != nil {
		return nil, err
	}
	v, err := call()
	if list, ok := v.(*starlark.List); ok {
		for i := range list.Len() {
			if err := list.SetIndex(i, own(recv, list.Index(i))); err != nil {
				return nil, err
			}
		}
	}
	return v, err
}

func first(args starlark.Tuple) starlark.Value {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

func guardJoining(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	list, ok := first(args).(starlark.Iterable)
	if !ok || len(args) != 1 {
		return call() // the method reports what is wrong
	}
	if err := m.steps(length(list)); err != nil {
		return nil, err
	}
	size := length(list) * len(recv.(starlark.String))
	for elem := range starlark.Elements(list) {
		s, ok := elem.(starlark.String)
		if !ok {
			break // also reported by the method, before it has built much
		}
		if size += len(s); size > maxRepeat {
			return nil, fmt.Errorf("join: the result has more than %d bytes", maxRepeat)
		}
	}
	if err := m.text(size); err != nil {
		return nil, err
	}
	if err := m.steps(size / 64); err != nil { // the library copies its buffer as it grows
		return nil, err
	}
	return call()
}

func guardReplacing(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	s := string(recv.(starlark.String))
	if err := m.steps(len(s) / 16); err != nil {
		return nil, err
	}
	size, pieces := len(s), 0
	if len(args) >= 2 {
		before, _ := args[0].(starlark.String)
		after, _ := args[1].(starlark.String)
		found := strings.Count(s, string(before))
		if len(args) == 3 {
			if most, err := starlark.AsInt32(args[2]); err == nil && most >= 0 {
				found = min(found, most)
			}
		}
		pieces = found
		if growth := len(after) - len(before); growth > 0 {
			if found > maxRepeat/growth {
				return nil, fmt.Errorf("replace: the result has more than %d bytes", maxRepeat)
			}
			size += found * growth
		}
	}
	if err := m.text(size); err != nil {
		return nil, err
	}
	if err := m.steps(pieces); err != nil {
		return nil, err
	}
	return call()
}

// guardElems guards elems and elem_ords.
func guardElems(ords bool) method {
	return func(m *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, call original) (starlark.Value, error) {
		if _, err := call(); err != nil {
			return nil, err
		}
		return &elems{s: string(recv.(starlark.String)), ords: ords, of: recv}, nil
	}
}

// guardCodepoints guards codepoints and codepoint_ords.
func guardCodepoints(ords bool) method {
	return func(m *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, call original) (starlark.Value, error) {
		if err := m.steps(length(recv) / 16); err != nil {
			return nil, err
		}
		if _, err := call(); err != nil {
			return nil, err
		}
		s := string(recv.(starlark.String))
		return &codepoints{s: s, n: utf8.RuneCountInString(s), ords: ords}, nil
	}
}
