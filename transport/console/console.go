package console

import (
	"net/http"
	"strings"
)

// policy lets a page run the scripts and styles of its own node and talk to it, and nothing else.
// Trusted types make the browser refuse any text that would become markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// Handler serves the console: the page at / and at every address below /console, so that links into
// it and reloads work, and its files below /console/app.
func Handler() http.Handler {
	files := newFiles()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, isFile := strings.CutPrefix(r.URL.Path, "/console/app/")
		if !isFile {
			name = "index.html"
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		files.serve(w, r, name)
	})
}
