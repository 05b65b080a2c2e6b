package console

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// budget is what all files weigh together, compressed: what a browser loads for the first page.
const budget = 150 << 10

// each calls fn with every file.
func each(t *testing.T, fn func(name, text string)) {
	t.Helper()
	err := fs.WalkDir(app, "app", func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := app.ReadFile(at)
		fn(strings.TrimPrefix(at, "app/"), string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What workflows and callers wrote is shown as text because no page has a way to make markup of it.
func TestNothingMakesMarkup(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc=|createContextualFragment|DOMParser|setHTML|style=|cssText|javascript:|\son\w+="|<style`)
	each(t, func(name, text string) {
		for n, line := range strings.Split(text, "\n") {
			code, _, _ := strings.Cut(line, "// ")
			if m := forbidden.FindString(code); m != "" {
				t.Errorf("%s:%d has %s", name, n+1, m)
			}
		}
	})
}

// A node serves everything that its pages need.
func TestNothingComesFromElsewhere(t *testing.T) {
	each(t, func(name, text string) {
		for _, outside := range []string{"http://", "https://", "@import", "url("} {
			if strings.Contains(text, outside) {
				t.Errorf("%s has %s", name, outside)
			}
		}
	})
}

// A module that is missing, or misspelt, would leave a page empty; one that nobody imports is dead.
func TestImports(t *testing.T) {
	imports := regexp.MustCompile(`(?m)(?:^import .*|import\()"(\.[^"]+)"`)
	files, used := map[string]bool{}, map[string]bool{"main.js": true}
	each(t, func(name, _ string) { files[name] = true })
	each(t, func(name, text string) {
		if path.Ext(name) != ".js" {
			return
		}
		for _, m := range imports.FindAllStringSubmatch(text, -1) {
			to := path.Join(path.Dir(name), m[1])
			if used[to] = true; !files[to] {
				t.Errorf("%s imports %s, which is not there", name, m[1])
			}
		}
		if !strings.HasPrefix(text, "// ") {
			t.Errorf("%s does not begin with what it is", name)
		}
		if n := strings.Count(text, "\n"); n > 400 {
			t.Errorf("%s has %d lines", name, n)
		}
	})
	for name := range files {
		if path.Ext(name) == ".js" && !used[name] {
			t.Errorf("nobody imports %s", name)
		}
	}
}

func TestWeight(t *testing.T) {
	sum := 0
	for name, f := range newFiles().byName {
		sum += len(f.zipped)
		if name == "index.html" && strings.Contains(string(f.plain), "<!--preload") {
			t.Error("the page does not name its modules")
		}
	}
	t.Logf("%d files, %d bytes compressed", len(newFiles().byName), sum)
	if sum > budget {
		t.Errorf("all files weigh %d bytes compressed; want at most %d", sum, budget)
	}
}

func TestServing(t *testing.T) {
	h := Handler()
	get := func(path string, headers ...string) *http.Response {
		r := httptest.NewRequest("GET", path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	page := get("/console/runs/x")
	csp := page.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") || page.Header.Get("X-Content-Type-Options") != "nosniff" || page.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%v", page.Header)
	}
	release := newFiles().release
	for _, c := range []struct{ path, cache string }{
		{"/console/app/" + release + "/parts/table.js", "public, max-age=31536000, immutable"},
		{"/console/app/0123456789abcdef/parts/table.js", "no-cache"}, // a page of another build, while nodes are replaced
		{"/console/app/style.css", "no-cache"},
	} {
		r := get(c.path, "Accept-Encoding", "gzip")
		if r.StatusCode != 200 || r.Header.Get("Cache-Control") != c.cache || r.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %d %v", c.path, r.StatusCode, r.Header)
		}
		if again := get(c.path, "If-None-Match", r.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s again: %d", c.path, again.StatusCode)
		}
	}
	for _, missing := range []string{"/console/app/", "/console/app/../console.go", "/console/app/x.js", "/console/app/" + release + "/"} {
		if r := get(missing); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", missing, r.StatusCode)
		}
	}
}
