package schema

import (
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// unfit is a violation found by a check that replaces a keyword of the library.
type unfit struct{ jsonschema.ErrorKind }

func (u *unfit) Error() string { return strings.Join(u.KeywordPath(), "/") }

// textOf describes a violation, in the library's words even if the check was ours.
func textOf(violation *jsonschema.ValidationError) string {
	if f, ok := violation.ErrorKind.(*kind.Format); ok {
		if own, ok := f.Err.(*unfit); ok {
			known := *violation
			known.ErrorKind = own.ErrorKind
			violation = &known
		}
	}
	if text := numberText(violation.ErrorKind); text != "" {
		return text
	}
	return violation.BasicOutput().Error.String()
}
