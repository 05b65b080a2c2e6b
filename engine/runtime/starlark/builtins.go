package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
)

// builtin is a built-in function of the language.
type builtin func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error)

// builtins are all functions of the language: no others exist, even if the interpreter has them.
var builtins = map[string]builtin{
	"abs": unguardedBuiltin("abs"), "bool": unguardedBuiltin("bool"), "chr": unguardedBuiltin("chr"), "len": unguardedBuiltin("len"), "ord": unguardedBuiltin("ord"), "range": unguardedBuiltin("range"), "type": unguardedBuiltin("type"),

	"all": readOnceBuiltin("all"), "any": readOnceBuiltin("any"), "hash": readOnceBuiltin("hash"),

	"bytes": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		n := length(first(args))
		if err := m.text(3 * n); err != nil {
			return nil, err
		}
		if _, text := first(args).(starlark.String); !text {
			if err := m.steps(n); err != nil { // charged one by one
				return nil, err
			}
		}
		return unguardedBuiltin("bytes")(m, args, kwargs)
	},
	"dict": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		dict := new(starlark.Dict)
		if err := m.grow(costDict); err != nil {
			return nil, err
		}
		return dict, named("dict", m.updateWith(dict, args, kwargs))
	},
	"dir": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if err := m.growBy(64, costElem+costString); err != nil {
			return nil, err
		}
		return unguardedBuiltin("dir")(m, args, kwargs)
	},
	"enumerate": enumerate,
	"fail":      fail,
	"float":     boundedBuiltin("float", 4096),
	"getattr":   getattr,
	"hasattr":   hasattr,
	"int": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		v, err := boundedBuiltin("int", maxIntBits+8)(m, args, kwargs)
		if i, ok := v.(starlark.Int); ok && err == nil {
			return m.number(i)
		}
		return v, err
	},
	"list": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		all, err := m.collectOptional("list", args, kwargs)
		return starlark.NewList(all), err
	},
	"max": extreme("max"),
	"min": extreme("min"),
	"print": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		text, err := m.joinedText("print", args, kwargs)
		switch {
		case err != nil:
		case m.exec != nil:
			err = m.exec.host.Log(text)
		case m.onPrint != nil:
			m.onPrint(text)
		}
		return starlark.None, err
	},
	"repr": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var x starlark.Value
		if err := starlark.UnpackPositionalArgs("repr", args, kwargs, 1, &x); err != nil {
			return nil, err
		}
		p := printer{m: m}
		if err := p.value(x, 0); err != nil {
			return nil, err
		}
		return p.done()
	},
	"reversed": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var x starlark.Iterable
		if err := starlark.UnpackPositionalArgs("reversed", args, kwargs, 1, &x); err != nil {
			return nil, err
		}
		all, err := m.collect(x)
		for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
			all[i], all[j] = all[j], all[i]
		}
		return starlark.NewList(all), err
	},
	"set": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var x starlark.Iterable
		if err := starlark.UnpackPositionalArgs("set", args, kwargs, 0, &x); err != nil {
			return nil, err
		}
		set, err := m.newSet(x)
		return set, named("set", err)
	},
	"sorted": sorted,
	"str": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var x starlark.Value
		if err := starlark.UnpackPositionalArgs("str", args, kwargs, 1, &x); err != nil {
			return nil, err
		}
		switch x := x.(type) {
		case starlark.String:
			return x, nil
		case starlark.Bytes:
			if err := m.text(3 * len(x)); err != nil {
				return nil, err
			}
			return unguardedBuiltin("str")(m, args, kwargs)
		}
		p := printer{m: m}
		if err := p.value(x, 0); err != nil {
			return nil, err
		}
		return p.done()
	},
	"tuple": func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		all, err := m.collectOptional("tuple", args, kwargs)
		return starlark.Tuple(all), err
	},
	"zip": zipped,
}

// unguardedBuiltin wraps the interpreter's own function, if it is fast and builds almost nothing.
func unguardedBuiltin(name string) builtin {
	fn := starlark.Universe[name].(*starlark.Builtin)
	return func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		return fn.CallInternal(m.thread, args, kwargs)
	}
}

// readOnceBuiltin wraps the interpreter's own function that reads its argument once.
func readOnceBuiltin(name string) builtin {
	return func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if err := m.steps(length(first(args)) / 8); err != nil {
			return nil, err
		}
		return unguardedBuiltin(name)(m, args, kwargs)
	}
}

// boundedBuiltin wraps the interpreter's own function of a string, and bounds the string's length.
func boundedBuiltin(name string, most int) builtin {
	return func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		for _, arg := range args {
			if s, ok := arg.(starlark.String); ok && len(s) > most {
				return nil, fmt.Errorf("%s: the string has %d bytes, the limit is %d", name, len(s), most)
			}
			if err := m.steps(length(arg)/2 + bitsOf(arg)/64); err != nil {
				return nil, err
			}
		}
		for _, pair := range kwargs {
			if s, ok := pair[1].(starlark.String); ok && len(s) > most {
				return nil, fmt.Errorf("%s: the string has %d bytes, the limit is %d", name, len(s), most)
			}
		}
		return unguardedBuiltin(name)(m, args, kwargs)
	}
}

// collectOptional returns the elements of the only argument, if there is one.
func (m *meter) collectOptional(name string, args starlark.Tuple, kwargs []starlark.Tuple) ([]starlark.Value, error) {
	var x starlark.Iterable
	if err := starlark.UnpackPositionalArgs(name, args, kwargs, 0, &x); err != nil {
		return nil, err
	}
	if x == nil {
		return nil, m.elements(0)
	}
	return m.collect(x)
}

func enumerate(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var x starlark.Iterable
	start := 0
	if err := starlark.UnpackPositionalArgs("enumerate", args, kwargs, 1, &x, &start); err != nil {
		return nil, err
	}
	if err := m.growBy(length(x), costTuple+2*costElem); err != nil {
		return nil, err
	}
	if err := m.steps(length(x)); err != nil {
		return nil, err
	}
	all, err := m.collect(x)
	for i, v := range all {
		all[i] = starlark.Tuple{starlark.MakeInt(start + i), v}
	}
	return starlark.NewList(all), err
}

func zipped(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(kwargs) > 0 {
		return nil, fmt.Errorf("zip does not accept keyword arguments")
	}
	rows := 0
	columns := make([]starlark.Iterator, 0, len(args))
	defer func() {
		for _, column := range columns {
			column.Done()
		}
	}()
	for i, arg := range args {
		column := starlark.Iterate(arg)
		if column == nil {
			return nil, fmt.Errorf("zip: argument #%d is not iterable: %s", i+1, arg.Type())
		}
		columns = append(columns, column)
		if n := length(arg); i == 0 || n < rows {
			rows = n
		}
	}
	if err := m.growBy(rows, costTuple+len(columns)*costElem); err != nil {
		return nil, err
	}
	if err := m.elements(rows); err != nil {
		return nil, err
	}
	if err := m.steps(rows + rows*len(columns)/2 + len(columns)); err != nil {
		return nil, err
	}
	all := make([]starlark.Value, rows)
	for i := range all {
		row := make(starlark.Tuple, len(columns))
		for j, column := range columns {
			column.Next(&row[j])
		}
		all[i] = row
	}
	return starlark.NewList(all), nil
}

func getattr(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var object, dflt starlark.Value
	var name string
	if err := starlark.UnpackPositionalArgs("getattr", args, kwargs, 2, &object, &name, &dflt); err != nil {
		return nil, err
	}
	if len(name) > maxAttribute {
		return nil, fmt.Errorf("getattr: the name has %d bytes, the limit is %d", len(name), maxAttribute)
	}
	v, err := m.attr(object, name)
	if err != nil && dflt != nil {
		return dflt, nil
	}
	return v, named("getattr", err)
}

// hasattr returns false for a name that is too long to exist: looking it up would read all of it
// for one step.
func hasattr(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) == 2 && len(kwargs) == 0 {
		if name, ok := starlark.AsString(args[1]); ok && len(name) > maxAttribute {
			return starlark.False, nil
		}
	}
	return unguardedBuiltin("hasattr")(m, args, kwargs)
}

// joinedText builds the text that fail and print make of their arguments.
func (m *meter) joinedText(name string, args starlark.Tuple, kwargs []starlark.Tuple) (string, error) {
	sep := " "
	if err := starlark.UnpackArgs(name, nil, kwargs, "sep?", &sep); err != nil {
		return "", err
	}
	p := printer{m: m}
	for i, arg := range args {
		if i > 0 {
			if err := p.text(sep); err != nil {
				return "", err
			}
		}
		if err := p.writeStr(arg); err != nil {
			return "", err
		}
	}
	text, err := p.done()
	return string(text), err
}

func fail(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	text, err := m.joinedText("fail", args, kwargs)
	if err == nil {
		err = &failure{text}
	}
	return nil, err
}

// failure is an error that code raises with fail.
type failure struct{ message string }

func (e *failure) Error() string { return e.message }
