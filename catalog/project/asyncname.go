package project

import (
	"bytes"
	"regexp"
	"slices"

	"aion.dev/aion/catalog"
)

// nameAsync gives generators that stand for async functions (see bundle) the names of those, and
// catalog.AsyncName: after its first wait only the generator is among the calls that an error
// tells. What it changes is in lines of which the source map needs no more than the beginning.
func nameAsync(code []byte) []byte {
	if bytes.Contains(code, []byte(catalog.AsyncName)) {
		return code // a name could be one of the author's
	}
	return asyncFunction.ReplaceAllFunc(code, func(found []byte) []byte {
		name := asyncFunction.FindSubmatch(found)[1]
		if slices.Contains([]string{"if", "for", "while", "switch", "catch", "function"}, string(name)) {
			return found
		}
		return slices.Concat(found[:len(found)-1], name, []byte(catalog.AsyncName+"("))
	})
}

// asyncFunction is a function, a method, a variable or a member that is an async function, as the
// bundler writes it, up to the parameters of the generator.
var asyncFunction = regexp.MustCompile(`([A-Za-z_$][\w$]*)(?:\([^\n()]*\) \{\n[ \t]*return |(?: = |: )(?:[\w$]+|\([^\n()]*\)) => )` +
	`__async(?:Generator)?\((?:this|null), (?:arguments|null), function\* \(`)
