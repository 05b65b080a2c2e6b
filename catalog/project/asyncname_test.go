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

// The SDK runs async functions in place of the bundler's helper, at the same lines. A helper that
// it would not replace is refused: scopes would not know who waits.
func TestAsyncFunctionsAreRunByTheSDK(t *testing.T) {
	const helper = "  var __async = (__this, __arguments, generator) => {\n    step((generator = generator.apply(__this, __arguments)).next());\n  };\n"
	got, err := runAsync([]byte("(() => {\n" + helper + "  f();\n})();\n"))
	want := "(() => {\n  var __async = (self, args, body) => globalThis.aion.async(self, args, body);\n\n\n  f();\n})();\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := runAsync([]byte("f();\n")); err != nil || string(got) != "f();\n" {
		t.Errorf("without async functions: %q, %v", got, err)
	}
	if _, err := runAsync([]byte("  var __async = (a) => {\n    return a;\n  };\n")); err == nil {
		t.Error("another helper is taken for the known one")
	}
	if _, err := runAsync([]byte("  var __async = (a) => a;\n")); err == nil {
		t.Error("a helper of one line is taken for the known one")
	}
}
