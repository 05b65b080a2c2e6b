package surface

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// Stubs is the file of stubs that editors for Python can read: ctx, t and what they return.
//
//go:embed aion.pyi
var Stubs string

//go:embed builtins.pyi
var builtins string

// Class is the members of one type of values.
type Class struct {
	Name    string
	Doc     string
	Members []Member
}

// Member is a field, or a function if Params is not nil.
type Member struct {
	Name    string
	Doc     string
	Type    string // of the field, or of what the function returns
	Params  []Param
	Variad  bool // takes any number of positional arguments
	Keyword bool // takes any named arguments
	isFunc  bool
}

// Param is a parameter of a function.
type Param struct {
	Name     string
	Type     string
	Default  string // as code would write it; "" = it has to be given
	Optional bool
}

// The classes of what code sees, by name: Context, Info, Future, Outcome, Error, Test, Run, Retry,
// and the modules json, math, time. Builtins has the built-in functions.
var (
	Classes  = make(map[string]*Class)
	Builtins = &Class{Name: "builtins"}
)

func init() {
	for _, text := range []string{Stubs, builtins} {
		if err := parse(text); err != nil {
			panic("surface: " + err.Error())
		}
	}
}

// Func reports whether the member is called.
func (m *Member) Func() bool { return m.isFunc }

// Find returns a member by name; nil if there is none.
func (c *Class) Find(name string) *Member {
	for i := range c.Members {
		if c.Members[i].Name == name {
			return &c.Members[i]
		}
	}
	return nil
}

// Names lists the members, in the order of the file.
func (c *Class) Names() []string {
	names := make([]string, len(c.Members))
	for i, m := range c.Members {
		names[i] = m.Name
	}
	return names
}

// ABI is the first abi that has a built-in function.
func (m *Member) ABI() int {
	if strings.HasSuffix(m.Doc, "(abi 2)") {
		return 2
	}
	return 1
}

// Signature is how the member is written, such as "sleep(duration: Duration) -> None".
func (m *Member) Signature() string {
	if !m.isFunc {
		return m.Name + ": " + m.Type
	}
	words := make([]string, 0, len(m.Params))
	for _, p := range m.Params {
		words = append(words, p.String())
	}
	if m.Variad {
		words = slices.Insert(words, 0, "*args")
	}
	if m.Keyword {
		words = append(words, "**fields")
	}
	return fmt.Sprintf("%s(%s) -> %s", m.Name, strings.Join(words, ", "), m.Type)
}

func (p Param) String() string {
	s := p.Name
	if p.Type != "" {
		s += ": " + p.Type
	}
	if p.Optional {
		s += " = " + p.Default
	}
	return s
}

// Param returns a parameter by name; nil if there is none.
func (m *Member) Param(name string) *Param {
	for i := range m.Params {
		if m.Params[i].Name == name {
			return &m.Params[i]
		}
	}
	return nil
}

// parse reads the part of the language of stubs that the two files need: classes, functions and
// fields, each on one line, and texts about them on the next.
func parse(text string) error {
	class := Builtins
	var doc *string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		indented := strings.HasPrefix(line, " ")
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, `"""`):
			if body, ok := strings.CutSuffix(trimmed[3:], `"""`); ok && doc != nil {
				*doc, doc = body, nil
			}
		case strings.HasPrefix(line, "class "):
			class = &Class{Name: strings.TrimSuffix(line[len("class "):], ":")}
			Classes[class.Name], doc = class, &class.Doc
		case strings.HasPrefix(trimmed, "def "):
			if !indented {
				class = Builtins
			}
			m, err := function(trimmed)
			if err != nil {
				return fmt.Errorf("%s: %w", line, err)
			}
			class.Members = append(class.Members, m)
			doc = &class.Members[len(class.Members)-1].Doc
		case indented && strings.Contains(trimmed, ": "):
			name, typ, _ := strings.Cut(trimmed, ": ")
			class.Members = append(class.Members, Member{Name: name, Type: typ})
			doc = &class.Members[len(class.Members)-1].Doc
		}
	}
	return nil
}

// function parses "def name(self, a: T, b: T = x) -> T:".
func function(line string) (m Member, err error) {
	head, result, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, "def "), ":"), ") -> ")
	name, params, opened := strings.Cut(head, "(")
	if !ok || !opened {
		return m, fmt.Errorf("cannot be read")
	}
	m = Member{Name: name, Type: result, isFunc: true}
	for _, word := range splitParams(params) {
		switch {
		case word == "self":
		case strings.HasPrefix(word, "**"):
			m.Keyword = true
		case strings.HasPrefix(word, "*"):
			m.Variad = true
		default:
			left, dflt, optional := strings.Cut(word, " = ")
			p := Param{Optional: optional, Default: dflt}
			p.Name, p.Type, _ = strings.Cut(left, ": ")
			m.Params = append(m.Params, p)
		}
	}
	return m, nil
}

// splitParams splits at the commas that are not inside brackets.
func splitParams(s string) (words []string) {
	depth, start := 0, 0
	for i, c := range s {
		switch c {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case ',':
			if depth == 0 {
				words = append(words, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	if rest := strings.TrimSpace(s[start:]); rest != "" {
		words = append(words, rest)
	}
	return words
}
