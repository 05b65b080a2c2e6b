package workflow

import (
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// function is an entry function.
type function struct {
	call func(ctx Context, input []byte) (any, error)
	warm func() // see warm
}

// Register makes a function an entry function of the package under that name, which the manifest
// gives to a workflow type. It is called in main or in an init function.
func Register[In, Out any](name string, fn func(Context, In) (Out, error)) {
	register(name, function{
		call: func(ctx Context, input []byte) (any, error) {
			in, err := argument[In]("input", "", input)
			if err != nil {
				return nil, err
			}
			return fn(ctx, in)
		},
		warm: func() {
			rehearse[In]()
			rehearse[Out]()
		},
	})
}

// RegisterFunc is Register under the function's own name: "Order" for func Order.
func RegisterFunc[In, Out any](fn func(Context, In) (Out, error)) {
	name := runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
	Register(name[strings.LastIndexByte(name, '.')+1:], fn)
}

func register(name string, f function) {
	if _, there := guest.functions[name]; there || name == "" {
		panic(fmt.Sprintf("workflow: the name %q is empty or registered already", name))
	}
	if guest.functions == nil {
		guest.functions = make(map[string]function)
	}
	guest.functions[name] = f
}

// registered returns the names of the entry functions, sorted.
func registered() []string { return slices.Sorted(maps.Keys(guest.functions)) }
