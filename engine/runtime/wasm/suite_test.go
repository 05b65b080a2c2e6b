package wasm_test

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
)

// Workflow code in Go does what every language must do. Go lets a condition write, and a validator
// too, on its copy.
func TestSuite(t *testing.T) {
	code, room := build(t, "suite"), newRoom(t, wasm.Config{})
	suite(t, func(t *testing.T, function string, activities ...string) runtime.Program {
		return compile(t, room, code, function, activities...)
	})
}

// So does workflow code in TypeScript, which lets the same write.
func TestSuiteTypeScript(t *testing.T) {
	modules, room := bundle(t, "tssuite"), newRoom(t, wasm.Config{})
	for _, driver := range []int{0, 2} {
		t.Run(fmt.Sprint("driver=", driver), func(t *testing.T) {
			suite(t, func(t *testing.T, function string, activities ...string) runtime.Program {
				return compileDriver(t, room, driver, modules, function, activities...)
			})
		})
	}
}

func suite(t *testing.T, compile func(t *testing.T, function string, activities ...string) runtime.Program) {
	programs := map[string]runtime.Program{} // by their activities
	runtimetest.Run(t, func(t *testing.T, c runtimetest.Case) (runtime.Program, catalog.Member) {
		member := runtimetest.Member
		member.EntryFunction = strings.ReplaceAll(c.Name, "-", "_")
		activities := strings.Join(c.Activities, " ")
		if programs[activities] == nil {
			programs[activities] = compile(t, member.EntryFunction, c.Activities...)
		}
		return programs[activities], member
	}, "until-changes", "validators-read")
}
