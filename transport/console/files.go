package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed app
var app embed.FS

// release marks the addresses of files that never change: /console/app/RELEASE/main.js. A page of
// another build is served too, as it is here, so that a page which is loaded while nodes are
// replaced gets its files from any of them.
const releaseLength = 16

// file is a file of the console.
type file struct {
	plain, zipped []byte
	etag, media   string
}

// files are all of them, by name.
type files struct {
	byName  map[string]*file
	release string
}

// newFiles reads, hashes and compresses all files.
func newFiles() *files {
	f := &files{byName: map[string]*file{}}
	whole := sha256.New()
	var modules []string
	err := fs.WalkDir(app, "app", func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := app.ReadFile(at)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(at, "app/")
		whole.Write([]byte(name))
		whole.Write(b)
		f.byName[name] = newFile(name, b)
		if path.Ext(name) == ".js" {
			modules = append(modules, name)
		}
		return nil
	})
	if err != nil {
		panic("console: its own files cannot be read: " + err.Error())
	}
	f.release = hex.EncodeToString(whole.Sum(nil))[:releaseLength]
	f.byName["index.html"] = newFile("index.html", f.page(f.byName["index.html"].plain, modules))
	return f
}

// page is the HTML with the addresses of this build. All modules are named in it, so that a browser
// asks for them at once instead of one import after another.
func (f *files) page(html []byte, modules []string) []byte {
	slices.Sort(modules)
	var links bytes.Buffer
	for _, m := range modules {
		links.WriteString(`<link rel="modulepreload" href="/console/app/` + m + `">` + "\n")
	}
	html = bytes.Replace(html, []byte("<!--preload-->\n"), links.Bytes(), 1)
	return bytes.ReplaceAll(html, []byte("/console/app/"), []byte("/console/app/"+f.release+"/"))
}

func newFile(name string, b []byte) *file {
	sum := sha256.Sum256(b)
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	w.Write(b)
	w.Close()
	media := mime.TypeByExtension(path.Ext(name))
	if path.Ext(name) == ".js" {
		media = "text/javascript; charset=utf-8" // whatever the machine's tables say
	}
	return &file{plain: b, zipped: zipped.Bytes(), etag: `"` + hex.EncodeToString(sum[:16]) + `"`, media: media}
}

// serve answers with a file: for ever to be kept under the address of this release, to be asked
// about again under any other.
func (f *files) serve(w http.ResponseWriter, r *http.Request, name string) {
	release, rest, _ := strings.Cut(name, "/")
	if len(release) == releaseLength && rest != "" {
		name = rest
	}
	one := f.byName[name]
	h := w.Header()
	if one == nil {
		http.Error(w, "The console has no such file.", http.StatusNotFound)
		return
	}
	h.Set("Content-Type", one.media)
	h.Set("ETag", one.etag)
	h.Set("Vary", "Accept-Encoding")
	if release == f.release {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), one.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := one.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = one.zipped
	}
	w.Write(body)
}
