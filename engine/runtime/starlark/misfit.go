package starlark

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
)

// misfit describes a value that JSON cannot represent, and its place in the value being written.
type misfit struct {
	reason string
	steps  []string // innermost first
}

// Error implements error.
func (e *misfit) Error() string { return e.reason }

// misfitSteps bounds how much of a path is shown, at each of its ends.
const misfitSteps = 10

// path returns how code would reach the value, such as .items[3].price.
func (e *misfit) path() string {
	steps := slices.Clone(e.steps)
	slices.Reverse(steps)
	if len(steps) > 2*misfitSteps {
		steps = slices.Concat(steps[:misfitSteps], []string{" ... "}, steps[len(steps)-misfitSteps:])
	}
	return strings.Join(steps, "")
}

// addStep adds the path step that leads to the value that err is about. Other errors stay
// unchanged.
func addStep(err error, step func() string) error {
	if alien := (*misfit)(nil); errors.As(err, &alien) {
		alien.steps = append(alien.steps, step())
	}
	return err
}

// member returns the path step to a named value.
func member(name string) string {
	for i, c := range name {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') || i > 40 {
			return "[" + catalog.QuoteStart(name, 40) + "]"
		}
	}
	if name == "" {
		return "[" + strconv.Quote(name) + "]"
	}
	return "." + name
}
