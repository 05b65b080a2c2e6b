package cbor

import (
	"cmp"
	stdlib "encoding"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/fxamacker/cbor/v2"
)

// plan is how values of one type are written and read, wherever in memory they are.
type plan struct {
	kind   kind
	typ    reflect.Type
	size   uintptr
	elem   *plan   // of pointers, lists and arrays
	count  int     // of an array's elements
	fields []field // of a struct, by key
}

type kind uint8

const (
	byLibrary kind = iota // whatever is not below
	number                // unsigned
	integer               // signed
	boolean
	text
	octets     // a slice of bytes
	fixed      // an array of bytes
	pointer    // to what elem describes; nil = null
	list       // a slice; nil = null
	array      // of anything but bytes
	structure  // a map by integer keys
	selfCoding // the type has Coder
)

// Coder is a type that writes and reads itself, beside what the library asks of it.
type Coder interface {
	cbor.Unmarshaler
	// AppendCBOR appends the bytes that MarshalCBOR returns.
	AppendCBOR(b []byte) ([]byte, error)
}

// field is a member of a struct.
type field struct {
	*plan
	key    uint64
	head   []byte // of the key
	offset uintptr
	omit   omit
}

// omit says when a field is left out.
type omit uint8

const (
	never omit = iota
	whenEmpty
	whenZero
)

// plans has those of all types that were met, by type.
var plans sync.Map

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(t, planned(t, map[reflect.Type]*plan{}))
	return p.(*plan)
}

var (
	coder     = reflect.TypeFor[Coder]()
	marshaler = reflect.TypeFor[cbor.Marshaler]()
	marshals  = reflect.TypeFor[stdlib.BinaryMarshaler]()
	zeroer    = reflect.TypeFor[interface{ IsZero() bool }]()
	octet     = reflect.TypeFor[uint8]()
)

// planned makes the plan of a type. A type that contains itself is given the plan that is being
// made.
func planned(t reflect.Type, making map[reflect.Type]*plan) *plan {
	if p, ok := making[t]; ok {
		return p
	}
	p := &plan{typ: t, size: t.Size()}
	making[t] = p
	switch of := reflect.PointerTo(t); {
	case of.Implements(coder):
		p.kind = selfCoding
		return p
	case of.Implements(marshaler), of.Implements(marshals):
		return p
	}
	switch t.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.kind = number
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.kind = integer
	case reflect.Bool:
		p.kind = boolean
	case reflect.String:
		p.kind = text
	case reflect.Pointer:
		if p.elem = planned(t.Elem(), making); p.elem.kind == structure {
			p.kind = pointer
		}
	case reflect.Slice:
		switch p.elem = planned(t.Elem(), making); {
		case t.Elem() == octet:
			p.kind = octets
		case p.elem.kind == structure || p.elem.kind == text || p.elem.kind == selfCoding || p.elem.kind == number && p.elem.size > 1:
			p.kind = list
		}
	case reflect.Array:
		switch p.elem, p.count = planned(t.Elem(), making), t.Len(); {
		case t.Elem() == octet:
			p.kind = fixed
		case p.elem.kind == structure || p.elem.kind == number && p.elem.size > 1:
			p.kind = array
		}
	case reflect.Struct:
		p.kind = structure // for those that contain it
		if !p.planFields(making) {
			p.kind = byLibrary
		}
	}
	return p
}

// planFields reports whether all fields are of the plain sort: exported, with an integer key.
func (p *plan) planFields(making map[reflect.Type]*plan) bool {
	for i := range p.typ.NumField() {
		f := p.typ.Field(i)
		parts := strings.Split(f.Tag.Get("cbor"), ",")
		key, err := strconv.ParseUint(parts[0], 10, 8)
		if err != nil || !f.IsExported() || f.Anonymous || len(parts) < 2 || parts[1] != "keyasint" {
			return false
		}
		made := field{plan: planned(f.Type, making), key: key, head: appendHead(nil, majorNumber, key), offset: f.Offset}
		for _, option := range parts[2:] {
			switch option {
			case "omitempty":
				made.omit = whenEmpty
			case "omitzero":
				made.omit = whenZero
			default:
				return false
			}
		}
		// Whether a struct is empty, or a type's own method finds it zero, is left to the library.
		if made.omit == whenEmpty && f.Type.Kind() == reflect.Struct || made.omit == whenZero && !plainZero(f.Type) {
			return false
		}
		p.fields = append(p.fields, made)
	}
	slices.SortFunc(p.fields, func(a, b field) int { return cmp.Compare(a.key, b.key) })
	return true
}

// plainZero reports whether values of t are zero exactly if they are those of a new variable.
func plainZero(t reflect.Type) bool {
	return t.Kind() == reflect.Array || !t.Implements(zeroer) && !reflect.PointerTo(t).Implements(zeroer)
}

// left reports whether the field of the struct at p is left out.
func (f *field) left(at unsafe.Pointer) bool {
	switch f.omit {
	case whenEmpty:
		return f.empty(at)
	case whenZero:
		return f.zero(at)
	}
	return false
}

// empty reports whether the value at p is one that omitempty leaves out.
func (p *plan) empty(at unsafe.Pointer) bool {
	switch p.kind {
	case number, integer, boolean:
		return p.bits(at) == 0
	case text:
		return len(*(*string)(at)) == 0
	case octets, list: // the length stands at the same place, whatever the elements are
		return len(*(*[]byte)(at)) == 0
	case pointer:
		return *(*unsafe.Pointer)(at) == nil
	case byLibrary:
		switch v := reflect.NewAt(p.typ, at).Elem(); v.Kind() {
		case reflect.Map, reflect.Slice:
			return v.Len() == 0
		case reflect.Pointer, reflect.Interface:
			return v.IsNil()
		case reflect.Float32, reflect.Float64:
			return v.Float() == 0
		case reflect.Int, reflect.Uint:
			return v.IsZero()
		}
	}
	return false // arrays, and types that write themselves
}

// zero reports whether the value at p is that of a new variable.
func (p *plan) zero(at unsafe.Pointer) bool {
	switch p.kind {
	case number, integer, boolean, text, pointer:
		return p.empty(at)
	case fixed:
		for _, b := range unsafe.Slice((*byte)(at), p.count) {
			if b != 0 {
				return false
			}
		}
		return true
	case structure:
		for i := range p.fields {
			if f := &p.fields[i]; !f.zero(unsafe.Add(at, f.offset)) {
				return false
			}
		}
		return true
	case array:
		for i := range p.count {
			if !p.elem.zero(unsafe.Add(at, uintptr(i)*p.elem.size)) {
				return false
			}
		}
		return true
	}
	return reflect.NewAt(p.typ, at).Elem().IsZero()
}

// bits is the number at p; a signed one as two's complement of 64 bits.
func (p *plan) bits(at unsafe.Pointer) uint64 {
	switch {
	case p.kind == integer:
		switch p.size {
		case 1:
			return uint64(*(*int8)(at))
		case 2:
			return uint64(*(*int16)(at))
		case 4:
			return uint64(*(*int32)(at))
		}
		return uint64(*(*int64)(at))
	case p.size == 1:
		return uint64(*(*uint8)(at))
	case p.size == 2:
		return uint64(*(*uint16)(at))
	case p.size == 4:
		return uint64(*(*uint32)(at))
	}
	return *(*uint64)(at)
}
