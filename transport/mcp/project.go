package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/docs"
	"aion.dev/aion/transport/wire"
)

// maxFiles bounds the files of a project that comes as text. The bytes are bounded by those of a
// message.
const maxFiles = 500

// files is a project.
type files struct {
	Files map[string]string `json:"files" jsonschema:"all files of the project by name: workflow.toml, modules such as order.star, schemas and tests; folders by /"`
}

type nameOf struct {
	Name string `json:"name" jsonschema:"name of the workflow: 1 to 64 lower-case letters, digits, _ and -"`
}

// pack makes the archive of a project, as the command line does of a folder. A project that is none
// is the caller's fault, and told as the API tells it.
func (f files) pack() (*project.Built, error) {
	if len(f.Files) == 0 || len(f.Files) > maxFiles {
		return nil, &catalog.InvalidInput{Field: "files", Reason: fmt.Sprintf("are %d; 1 to %d are allowed, among them workflow.toml", len(f.Files), maxFiles)}
	}
	dir, err := os.MkdirTemp("", "aion-project-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for _, name := range slices.Sorted(maps.Keys(f.Files)) {
		if !fs.ValidPath(name) || name == "." || !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, &catalog.InvalidInput{Field: "files", Reason: fmt.Sprintf("%s is no name of a file within the project", catalog.Quote(name))}
		}
		local := filepath.FromSlash(name)
		if err := root.MkdirAll(filepath.Dir(local), 0o700); err != nil {
			return nil, unusable(name, err)
		}
		if err := root.WriteFile(local, []byte(f.Files[name]), 0o600); err != nil {
			return nil, unusable(name, err)
		}
	}
	return project.BuildWithoutTools(dir)
}

// unusable is what a name is that is also a folder of another, or too long for a file system.
func unusable(name string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &catalog.InvalidInput{Field: "files", Reason: fmt.Sprintf("%s cannot be a file of the project: %v", catalog.Quote(name), err)}
}

// load packs a project and loads it, or checks it if the query says so.
func (t *tools) load(ctx context.Context, h http.Header, f files, q url.Values, key string) (answered, bool, error) {
	built, err := f.pack()
	if err != nil {
		return refused(err)
	}
	a, err := t.do(ctx, h, call{method: http.MethodPost, path: []string{"packages"}, query: q, body: built.Archive, key: key})
	return a, false, err
}

// refused answers like the API; an error that is no refusal stays one.
func refused(err error) (answered, bool, error) {
	if _, ok := err.(interface{ Code() string }); !ok {
		return answered{}, false, err
	}
	p := wire.Of(err)
	b, err := json.Marshal(p)
	return answered{status: p.Status, body: b}, false, err
}

// newProject answers with the files of a new project.
func newProject(name string) (answered, bool, error) {
	dir, err := os.MkdirTemp("", "aion-project-")
	if err != nil {
		return answered{}, false, err
	}
	defer os.RemoveAll(dir)
	if err := project.New(dir, name, ""); err != nil {
		return refused(err)
	}
	made := files{Files: map[string]string{}}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		content, readErr := os.ReadFile(filepath.Join(dir, e.Name()))
		err = errors.Join(err, readErr)
		made.Files[e.Name()] = string(content)
	}
	if err != nil {
		return answered{}, false, err
	}
	b, err := json.Marshal(made)
	return answered{status: http.StatusOK, body: b}, false, err
}

// guide answers with a page of the manual.
func guide(topic string) (answered, bool, error) {
	page, ok := docs.Page(topic)
	if !ok {
		return refused(&catalog.InvalidInput{Field: "topic", Reason: fmt.Sprintf("%s is none of %v", catalog.Quote(topic), docs.Topics())})
	}
	return answered{status: http.StatusOK, body: page}, true, nil
}
