package fsm

import (
	"reflect"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/namespace"
)

// Bare returns a refusal as people of a namespace see it: a copy with their names and versions. It
// may be of any type whose fields are plain values.
func Bare[T any](space string, refusal T) T {
	if space == "" {
		return refusal
	}
	switch r := any(refusal).(type) {
	case *ChangeRefused:
		bare := *r
		bare.Outcome = encodeOutcome(Result{Refusal: Bare(space, r.Reason())})
		return any(&bare).(T)
	case *catalog.InvalidInput: // of what it says nothing is left but its text
		bare := *r
		bare.Reason = namespace.Text(space, r.Reason)
		if strings.Contains(r.Reason, catalog.SeveralVersions) {
			bare.Reason = namespace.Digits(space, bare.Reason, catalog.MinRefDigits)
		}
		return any(&bare).(T)
	}
	v := reflect.ValueOf(&refusal).Elem()
	c := reflect.New(v.Type()).Elem()
	copyBare(space, c, v, "")
	return c.Interface().(T)
}

var versionType = reflect.TypeFor[catalog.Version]()

// copyBare sets to, which is zero, to what from is for people of a namespace. name is that of the
// field.
func copyBare(space string, to, from reflect.Value, name string) {
	switch from.Kind() {
	case reflect.String:
		text := namespace.Text(space, from.String())
		if name == "Ref" || name == "Expected" {
			text = namespace.Ref(space, text)
		}
		to.SetString(text)
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			copyBare(space, to.Elem(), from.Elem(), "")
		}
	case reflect.Interface:
		if !from.IsNil() {
			c := reflect.New(from.Elem().Type()).Elem()
			copyBare(space, c, from.Elem(), "")
			to.Set(c)
		}
	case reflect.Slice:
		if from.IsNil() || from.Type().Elem().Kind() == reflect.Uint8 {
			to.Set(from)
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			copyBare(space, to.Index(i), from.Index(i), name)
		}
	case reflect.Struct:
		to.Set(from)
		for i := range from.NumField() {
			if f := from.Type().Field(i); f.IsExported() {
				to.Field(i).SetZero()
				copyBare(space, to.Field(i), from.Field(i), f.Name)
			}
		}
	case reflect.Array:
		if to.Set(from); from.Type() == versionType {
			to.Set(reflect.ValueOf(namespace.Version(space, from.Interface().(catalog.Version))))
		}
	default:
		to.Set(from)
	}
}

// bareText is what a refusal says to people of a namespace: what is recorded in a history is read
// by code.
func bareText(space string, r Refusal) string { return namespace.Text(space, Bare(space, r).Error()) }
