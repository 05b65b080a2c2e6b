package tour

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"aion.dev/aion/internal/chromium"
)

// browser runs a Chromium until the test ends.
func browser(t testing.TB) *chromium.Browser {
	t.Helper()
	path, ok := chromium.Find()
	if !ok {
		t.Skip("SKIPPED, the console is not tested: there is no Chromium on the PATH, and CHROMIUM names none")
	}
	b, err := chromium.Start(path, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// tab is a page of the console.
type tab struct {
	*chromium.Page
	t    testing.TB
	ctx  context.Context
	base string
}

// newTab opens one at a node.
func newTab(t testing.TB, b *chromium.Browser, base string) *tab {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*patient)
	t.Cleanup(cancel)
	p, err := b.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tb := &tab{Page: p, t: t, ctx: ctx, base: base}
	t.Cleanup(func() { _ = p.Close(context.WithoutCancel(ctx)) }) // a browser has six connections to a node
	tb.size(1280, 900)
	return tb
}

func (tb *tab) size(width, height int) {
	tb.t.Helper()
	if err := tb.Size(tb.ctx, width, height); err != nil {
		tb.t.Fatal(err)
	}
}

// visit opens a page and waits until it has loaded.
func (tb *tab) visit(path string) {
	tb.t.Helper()
	if err := tb.Go(tb.ctx, tb.base+path); err != nil {
		tb.t.Fatalf("%s: %v", path, err)
	}
	tb.loaded(path)
}

// loaded waits until the page that is open shows something.
func (tb *tab) loaded(what string) {
	tb.t.Helper()
	tb.until(`document.querySelector("#main h1") && !document.querySelector("[aria-busy=true]")`, what)
}

// until waits for an expression to become true.
func (tb *tab) until(expression, what string) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patient/3)
	defer cancel()
	if err := tb.Until(ctx, expression); err != nil {
		tb.t.Fatalf("%s: %v\nthe page says:\n%s\nand complains: %q", what, err, tb.text("body"), tb.Errors())
	}
}

// eval evaluates an expression.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	var v T
	if err := tb.Eval(tb.ctx, expression, &v); err != nil {
		tb.t.Fatal(err)
	}
	return v
}

// text is what an element shows.
func (tb *tab) text(selector string) string {
	tb.t.Helper()
	return eval[string](tb, `document.querySelector(`+js(selector)+`)?.innerText ?? ""`)
}

// says waits until an element shows a text.
func (tb *tab) says(selector, want string) {
	tb.t.Helper()
	tb.until(`[...document.querySelectorAll(`+js(selector)+`)].some(e => (e.innerText || e.value || "").includes(`+js(want)+`))`, "want "+want)
}

// click clicks the first element that a selector finds and whose text begins with a word.
func (tb *tab) click(selector, word string) {
	tb.t.Helper()
	find := `[...document.querySelectorAll(` + js(selector) + `)].find(e => e.innerText.trim().startsWith(` + js(word) + `) && !e.disabled)`
	tb.until(find, "to click "+word)
	eval[any](tb, `(`+find+`).click()`)
}

// fill types into a field as somebody would.
func (tb *tab) fill(selector, value string) {
	tb.t.Helper()
	tb.until(`document.querySelector(`+js(selector)+`)`, "to fill "+selector)
	eval[any](tb, `(() => { const f = document.querySelector(`+js(selector)+`); f.value = `+js(value)+`; f.dispatchEvent(new Event("input", {bubbles: true})); f.dispatchEvent(new Event("change", {bubbles: true})); })()`)
}

// press presses a key.
func (tb *tab) press(key string, ctrl bool) {
	tb.t.Helper()
	if err := tb.Press(tb.ctx, key, ctrl); err != nil {
		tb.t.Fatal(err)
	}
}

// clean fails the test if the page has complained of anything but what is expected.
func (tb *tab) clean(expected ...string) {
	tb.t.Helper()
	for _, said := range tb.Errors() {
		known := false
		for _, e := range expected {
			known = known || strings.Contains(said, e)
		}
		if !known {
			tb.t.Errorf("the page complains: %s", said)
		}
	}
}

func js(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
