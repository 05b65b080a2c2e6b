package project

import (
	"bytes"
	"errors"
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

// runAsync lets the SDK run async functions in place of the bundler's own helper, which makes a
// promise of whatever they wait for. It has as many lines: the source map counts them.
func runAsync(code []byte) ([]byte, error) {
	begin := bytes.Index(code, []byte("  var __async = "))
	if begin < 0 {
		return code, nil
	}
	const end = "\n  };\n"
	size := bytes.Index(code[begin:], []byte(end))
	if helper := code[begin:][:max(size, 0)]; !bytes.Contains(helper, []byte("step((generator = generator.apply(__this, __arguments)).next());")) {
		return nil, errors.New("the bundler runs async functions in another way than esbuild " + esbuildVersion)
	}
	helper := code[begin : begin+size+len(end)]
	own := []byte("  var __async = (self, args, body) => globalThis.aion.async(self, args, body);")
	own = append(own, bytes.Repeat([]byte("\n"), bytes.Count(helper, []byte("\n")))...)
	return slices.Concat(code[:begin], own, code[begin+len(helper):]), nil
}

// asyncFunction is a function, a method, a variable or a member that is an async function, as the
// bundler writes it, up to the parameters of the generator.
var asyncFunction = regexp.MustCompile(`([A-Za-z_$][\w$]*)(?:\([^\n()]*\) \{\n[ \t]*return |(?: = |: )(?:[\w$]+|\([^\n()]*\)) => )` +
	`__async(?:Generator)?\((?:this|null), (?:arguments|null), function\* \(`)
