package main

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/hashicorp/go-hclog"
)

// plainLogger converts values to text, numbers or booleans, whatever a library passes: JSON logs
// should not show the inside of Go values.
type plainLogger struct{ hclog.Logger }

func (l plainLogger) Log(level hclog.Level, msg string, args ...any) {
	if level >= l.Logger.GetLevel() {
		l.Logger.Log(level, msg, plainArgs(args)...)
	}
}

func (l plainLogger) Trace(msg string, args ...any) { l.Log(hclog.Trace, msg, args...) }
func (l plainLogger) Debug(msg string, args ...any) { l.Log(hclog.Debug, msg, args...) }
func (l plainLogger) Info(msg string, args ...any)  { l.Log(hclog.Info, msg, args...) }
func (l plainLogger) Warn(msg string, args ...any)  { l.Log(hclog.Warn, msg, args...) }
func (l plainLogger) Error(msg string, args ...any) { l.Log(hclog.Error, msg, args...) }

func (l plainLogger) With(args ...any) hclog.Logger {
	return plainLogger{l.Logger.With(plainArgs(args)...)}
}
func (l plainLogger) Named(name string) hclog.Logger { return plainLogger{l.Logger.Named(name)} }
func (l plainLogger) ResetNamed(name string) hclog.Logger {
	return plainLogger{l.Logger.ResetNamed(name)}
}

// plainArgs converts the values, which are every second argument.
func plainArgs(args []any) []any {
	plain := make([]any, len(args))
	for i, arg := range args {
		if plain[i] = arg; i%2 == 1 {
			plain[i] = plainValue(arg)
		}
	}
	return plain
}

func plainValue(v any) any {
	switch v := v.(type) {
	case nil:
		return ""
	case hclog.Format:
		return plainFormat(v)
	case error:
		return v.Error()
	case encoding.TextMarshaler: // mostly times
		return v
	case fmt.Stringer:
		return v.String()
	case json.Marshaler, hclog.CapturedStacktrace, hclog.Hex, hclog.Octal, hclog.Binary, hclog.Quote:
		return v
	}
	switch of := reflect.ValueOf(v); of.Kind() {
	case reflect.Struct:
		var list []string
		for i := range of.NumField() {
			if f := of.Type().Field(i); f.IsExported() {
				list = append(list, fmt.Sprintf("%s=%v", strings.ToLower(f.Name), plainValue(of.Field(i).Interface())))
			}
		}
		return strings.Join(list, " ")
	case reflect.Map, reflect.Pointer, reflect.Func, reflect.Chan:
		return fmt.Sprintf("%v", v)
	case reflect.Slice, reflect.Array:
		list := make([]string, of.Len())
		for i := range list {
			list[i] = fmt.Sprint(plainValue(of.Index(i).Interface()))
		}
		return strings.Join(list, ", ")
	}
	return v
}

// plainFormat formats one value as a whole, in our notation.
func plainFormat(f hclog.Format) any {
	if len(f) == 0 {
		return ""
	}
	text, ok := f[0].(string)
	switch {
	case !ok:
		return fmt.Sprint(f...)
	case len(f) == 2 && (text == "%v" || text == "%+v" || text == "%#v"):
		return plainValue(f[1])
	}
	return fmt.Sprintf(text, f[1:]...)
}
