package schema

import (
	"fmt"
	"io"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxRegex bounds a text that must itself be a regular expression ("format": "regex").
const maxRegex = 4 << 10

// patterns compiles the regular expressions of one schema, each once, and charges for matching
// them. Matching takes time in proportion to the program's instructions and to the length of the
// text.
type patterns struct {
	limit   int // bound on sum; 0 = none
	spend   func(int)
	known   map[string]*pattern
	sum     int   // total instructions of known
	sealed  bool  // the schema is compiled: later expressions come from values
	refused error // why the limit was exceeded
}

func newPatterns(limit int, spend func(int)) *patterns {
	return &patterns{limit: limit, spend: spend, known: make(map[string]*pattern)}
}

// compile is the library's RegexpEngine.
func (p *patterns) compile(text string) (jsonschema.Regexp, error) {
	if p.sealed {
		if len(text) > maxRegex {
			return nil, fmt.Errorf("it has %d bytes, the limit is %d", len(text), maxRegex)
		}
		_, err := syntax.Parse(text, syntax.Perl)
		return nil, err
	}
	if known := p.known[text]; known != nil {
		return known, nil
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	size := instructions(tree)
	if p.sum += size; p.limit > 0 && p.sum > p.limit {
		p.refused = fmt.Errorf("its regular expressions have %d instructions or more, the limit is %d: large repeats such as {1000} count most, maxLength does the same for less",
			p.sum, p.limit)
		return nil, p.refused
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	made := &pattern{Regexp: compiled, size: size, spend: p.spend}
	p.known[text] = made
	return made, nil
}

// instructions counts the instructions of a tree's program. Compiling the program to count them
// would take the time that the count is meant to save.
func instructions(re *syntax.Regexp) int {
	const most = 1 << 30
	sum := 0
	for _, sub := range re.Sub {
		sum = min(sum+instructions(sub), most)
	}
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpConcat:
		return sum
	case syntax.OpAlternate:
		return sum + len(re.Sub) - 1
	case syntax.OpCapture:
		return sum + 2
	case syntax.OpRepeat:
		return min(sum*max(re.Max, re.Min, 1)+max(re.Max-re.Min, 1), most)
	}
	return sum + 1
}

// pattern is a compiled regular expression. Matching reads the text rune by rune, and each rune
// costs as much as the program is long.
type pattern struct {
	*regexp.Regexp
	size  int
	spend func(int)
}

// MatchString implements jsonschema.Regexp.
func (p *pattern) MatchString(s string) bool {
	const once = 4096
	if cost := p.size * (len(s) + 1); cost <= once { // cheap enough to charge at once
		p.spend(cost)
		return p.Regexp.MatchString(s)
	}
	return p.MatchReader(&payingReader{r: strings.NewReader(s), size: p.size, spend: p.spend})
}

// payingReader charges for each rune before the matcher gets it. A panic of spend passes through
// the matcher, which holds nothing but memory.
type payingReader struct {
	r     *strings.Reader
	size  int
	spend func(int)
}

// ReadRune implements io.RuneReader.
func (r *payingReader) ReadRune() (rune, int, error) {
	r.spend(r.size)
	c, n, err := r.r.ReadRune()
	if err != nil {
		return utf8.RuneError, 0, io.EOF
	}
	return c, n, nil
}
