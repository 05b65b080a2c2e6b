package project

import "testing"

// Async functions have their names in stacks, and nothing else is renamed.
func TestNameAsync(t *testing.T) {
	for code, want := range map[string]string{
		"function f(a, b) {\n    return __async(this, null, function* () {":             "function f(a, b) {\n    return __async(this, null, function* f$async() {",
		"  $get({ a, b }) {\n return __async(this, arguments, function* ({ a, b = 1 })": "  $get({ a, b }) {\n return __async(this, arguments, function* $get$async({ a, b = 1 })",
		"const g = (x) => __async(null, null, function* () {":                           "const g = (x) => __async(null, null, function* g$async() {",
		"{ h: x => __async(this, null, function* () {":                                  "{ h: x => __async(this, null, function* h$async() {",
		"function i() {\n  return __asyncGenerator(this, null, function* () {":          "function i() {\n  return __asyncGenerator(this, null, function* i$async() {",
		"if (x) {\n  return __async(this, null, function* () {":                         "if (x) {\n  return __async(this, null, function* () {",
		"run(() => __async(null, null, function* () {":                                  "run(() => __async(null, null, function* () {",
		"function j() {\n  return function* () {":                                       "function j() {\n  return function* () {",
		"let k$async; function k() {\n return __async(this, null, function* () {":       "let k$async; function k() {\n return __async(this, null, function* () {",
	} {
		if got := string(nameAsync([]byte(code))); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
