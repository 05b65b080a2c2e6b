package startest

import (
	"fmt"

	"aion.dev/aion/engine/runtime/starlark"
	star "go.starlark.net/starlark"
)

// equal returns an error that describes how got differs from want, nil if they are equal.
func equal(t *star.Thread, got, want star.Value, msg string) error {
	same, err := star.Equal(got, want)
	if err != nil || same {
		return err
	}
	text := fmt.Sprintf("got %s, want %s", starlark.Repr(t, got), starlark.Repr(t, want))
	if path, a, b := differ(got, want); path != "" {
		text += fmt.Sprintf("; at %s it is %s instead of %s", path, show(t, a), show(t, b))
	}
	return fmt.Errorf("%s%s", text, because(msg))
}

func show(t *star.Thread, v star.Value) string {
	if v == nil {
		return "absent"
	}
	return starlark.Repr(t, v)
}

// differ finds the first place at which two values of the same shape differ: a path such as
// ["items"][2], empty if they differ as a whole. nil means absent.
func differ(a, b star.Value) (path string, x, y star.Value) {
	switch a := a.(type) {
	case *star.Dict:
		b, ok := b.(*star.Dict)
		if !ok {
			break
		}
		for key, v := range a.Entries() {
			other, there, err := b.Get(key)
			if err != nil || !there {
				return "[" + key.String() + "]", v, nil
			}
			if same, err := star.Equal(v, other); err == nil && !same {
				return differWithin("["+key.String()+"]", v, other)
			}
		}
		for key, v := range b.Entries() {
			if _, there, err := a.Get(key); err == nil && !there {
				return "[" + key.String() + "]", nil, v
			}
		}
	case *star.List:
		b, ok := b.(*star.List)
		if !ok {
			break
		}
		for i := range min(a.Len(), b.Len()) {
			if same, err := star.Equal(a.Index(i), b.Index(i)); err == nil && !same {
				return differWithin(fmt.Sprintf("[%d]", i), a.Index(i), b.Index(i))
			}
		}
		if i := b.Len(); a.Len() > i {
			return fmt.Sprintf("[%d]", i), a.Index(i), nil
		}
		if i := a.Len(); b.Len() > i {
			return fmt.Sprintf("[%d]", i), nil, b.Index(i)
		}
	}
	return "", a, b
}

func differWithin(step string, a, b star.Value) (path string, x, y star.Value) {
	rest, x, y := differ(a, b)
	return step + rest, x, y
}
