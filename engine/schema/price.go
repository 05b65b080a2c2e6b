package schema

import (
	"math/big"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// price is what applying one subschema to a value costs, together with the keywords that this
// package checks instead of the library. The unit is one byte of text read once.
type price struct {
	base    int // for any value
	element int // for each element of an array
	member  int // for each member of an object
	number  int // for a number

	enum   map[string]bool // canonical enum values; nil = no enum
	values []any           // enum, for the message
	fixed  string          // canonical const
	want   *any            // const; nil = none
	unique bool
	format *jsonschema.Format // the subschema's own format; nil = none
}

const (
	applied      = 64 // applying a subschema to a value
	failed       = 16 // applying one that may fail before its format is checked: at its type, or because it is false
	required     = 8  // looking up a name, and listing it if it is missing
	formatFactor = 8  // how many times as long checking a format takes for a byte as reading it
)

// priceOf makes the price of s, and removes from s the keywords that the price's format checks
// instead.
func (v *validator) priceOf(s *jsonschema.Schema) *price {
	p := &price{base: applied, element: 4, member: 4, unique: s.UniqueItems, want: s.Const, format: s.Format}
	inPlace := len(s.AllOf) + len(s.AnyOf) + len(s.OneOf) + len(s.DependentSchemas) + len(s.Dependencies)
	for _, one := range []*jsonschema.Schema{s.Not, s.If, s.Then, s.Else, s.Ref, s.RecursiveRef} {
		if one != nil {
			inPlace++
		}
	}
	if s.DynamicRef != nil {
		inPlace++
	}
	p.base += failed*inPlace + required*len(s.Required)
	for _, names := range s.DependentRequired {
		p.base += required * (1 + len(names))
	}
	for _, d := range s.Dependencies {
		if names, ok := d.([]string); ok {
			p.base += required * len(names)
		}
	}
	for _, perElement := range []bool{s.Items != nil, s.AdditionalItems != nil, s.PrefixItems != nil, s.Items2020 != nil, s.Contains != nil, s.UnevaluatedItems != nil} {
		if perElement {
			p.element += failed
		}
	}
	for _, perMember := range []bool{s.Properties != nil, s.AdditionalProperties != nil, s.PropertyNames != nil, s.UnevaluatedProperties != nil} {
		if perMember {
			p.member += failed
		}
	}
	p.member += failed * len(s.PatternProperties)
	for _, bound := range []*big.Rat{s.Maximum, s.Minimum, s.ExclusiveMaximum, s.ExclusiveMinimum, s.MultipleOf} {
		if bound != nil {
			p.number += failed + (bound.Num().BitLen()+bound.Denom().BitLen())/8
		}
	}
	free := func(int) {}
	if s.Enum != nil {
		p.enum, p.values = make(map[string]bool, len(s.Enum.Values)), s.Enum.Values
		for _, value := range s.Enum.Values {
			p.enum[canonical(value, free)] = true
		}
	}
	if s.Const != nil {
		p.fixed = canonical(*s.Const, free)
	}
	s.Enum, s.Const, s.UniqueItems = nil, nil, false
	s.Format = &jsonschema.Format{Validate: func(value any) error { return v.pay(p, value) }}
	if p.format != nil {
		s.Format.Name = p.format.Name
	}
	return p
}

// pay charges for applying a subschema, and checks the keywords that the library must not check.
func (v *validator) pay(p *price, value any) error {
	cost := p.base
	list, _ := value.([]any)
	switch value := value.(type) {
	case string:
		cost += len(value)
		if p.format != nil {
			cost += formatFactor * len(value)
		}
	case []any:
		cost += p.element * len(value)
	case map[string]any:
		cost += p.member * len(value)
	case interface{ Float64() (float64, error) }: // json.Number
		cost += p.number
	}
	v.spend(cost)
	if p.want != nil && canonical(value, v.spend) != p.fixed {
		return &unfit{&kind.Const{Got: value, Want: *p.want}}
	}
	if p.enum != nil && !p.enum[canonical(value, v.spend)] {
		return &unfit{&kind.Enum{Got: value, Want: p.values}}
	}
	if p.unique && len(list) > 1 {
		seen := make(map[string]int, len(list))
		for i, item := range list {
			key := canonical(item, v.spend)
			if first, twice := seen[key]; twice {
				return &unfit{&kind.UniqueItems{Duplicates: [2]int{first, i}}}
			}
			seen[key] = i
		}
	}
	if p.format != nil {
		return p.format.Validate(value)
	}
	return nil
}
