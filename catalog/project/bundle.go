package project

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	typescriptsdk "aion.dev/aion/sdk/typescript"
)

// esbuildVersion is that of go.mod: what a bundle looks like follows from it.
const esbuildVersion = "0.28.2"

// library is the name under which code imports the SDK, and how the names of its sources begin in
// the source map: they do not appear in the stacks of errors.
const (
	library       = "@aion/workflow"
	librarySource = "aion"
)

// bundle makes one script of a file and of all that it imports, with its source map.
func bundle(dir, entry string) (code, sourceMap []byte, err error) {
	sdk := &sdkFiles{dir: dir}
	options := api.BuildOptions{
		Stdin: &api.StdinOptions{
			Contents:   fmt.Sprintf("import { register } from %q;\nimport * as code from %q;\nregister(code);\n", library, "./"+entry),
			ResolveDir: dir,
			Sourcefile: librarySource + ":entry.ts",
			Loader:     api.LoaderTS,
		},
		AbsWorkingDir:  dir,
		Bundle:         true,
		Outfile:        filepath.Join(dir, compiledModule+".js"),
		Write:          false,
		Format:         api.FormatIIFE,
		Platform:       api.PlatformNeutral,
		MainFields:     []string{"module", "main"},
		Target:         api.ES2022,
		Charset:        api.CharsetUTF8,
		LegalComments:  api.LegalCommentsNone,
		Sourcemap:      api.SourceMapExternal,
		SourcesContent: api.SourcesContentInclude,
		LogLevel:       api.LogLevelSilent,
		// What waits must go through promises that the SDK sees: see its README.
		Supported: map[string]bool{"async-await": false, "async-generator": false, "for-await": false},
		Plugins:   []api.Plugin{{Name: "aion", Setup: sdk.setup}},
	}
	// One of a folder above the project would make its version depend on where it lies.
	if config := filepath.Join(dir, "tsconfig.json"); exists(config) {
		options.Tsconfig = config
	} else {
		options.TsconfigRaw = "{}"
	}
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return nil, nil, bundleError(result.Errors[0])
	}
	for _, f := range result.OutputFiles {
		if strings.HasSuffix(f.Path, ".map") {
			sourceMap = f.Contents
		} else {
			code = f.Contents
		}
	}
	if code, err = runAsync(code); err != nil {
		return nil, nil, err
	}
	sourceMap, err = sdk.rename(sourceMap)
	return nameAsync(code), sourceMap, err
}

// bundleError says where the bundler found the first fault.
func bundleError(m api.Message) error {
	e := &Invalid{File: ConfigName, Key: "language", Reason: "is \"typescript\", and the bundler says: " + m.Text}
	if at := m.Location; at != nil {
		e = &Invalid{File: filepath.ToSlash(at.File), Line: at.Line, Column: at.Column + 1, Reason: m.Text}
	}
	return e
}

// sdkFiles finds the SDK: that of the project, or the one that this program carries.
type sdkFiles struct {
	dir   string // of the project
	found string // folder of the SDK that the project has; "" = none
}

// asked marks what the plugin itself asks the bundler.
type asked struct{}

func (s *sdkFiles) setup(build api.PluginBuild) {
	own := func(a api.OnResolveArgs) (string, bool) {
		if _, again := a.PluginData.(asked); again {
			return "", false
		}
		r := build.Resolve(a.Path, api.ResolveOptions{ResolveDir: a.ResolveDir, Importer: a.Importer, Kind: a.Kind, PluginData: asked{}})
		return r.Path, len(r.Errors) == 0
	}
	build.OnResolve(api.OnResolveOptions{Filter: "^" + library + "$"}, func(a api.OnResolveArgs) (r api.OnResolveResult, _ error) {
		if _, again := a.PluginData.(asked); again {
			return r, nil
		}
		if file, ok := own(a); ok && filepath.IsAbs(file) {
			s.found = filepath.Dir(file)
			r.Path = file
			return r, nil
		}
		r.Path, r.Namespace = "src/index.ts", librarySource
		return r, nil
	})
	build.OnResolve(api.OnResolveOptions{Filter: `^\.`, Namespace: librarySource}, func(a api.OnResolveArgs) (r api.OnResolveResult, _ error) {
		r.Path, r.Namespace = path.Join(path.Dir(a.Importer), a.Path)+".ts", librarySource
		return r, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".", Namespace: librarySource}, func(a api.OnLoadArgs) (r api.OnLoadResult, _ error) {
		content, err := fs.ReadFile(typescriptsdk.Workflow(), a.Path)
		if err != nil {
			return r, err
		}
		text := string(content)
		r.Contents, r.Loader = &text, api.LoaderTS
		return r, nil
	})
	build.OnResolve(api.OnResolveOptions{Filter: nodeOnly}, func(a api.OnResolveArgs) (r api.OnResolveResult, _ error) {
		if _, again := a.PluginData.(asked); again {
			return r, nil
		}
		if file, ok := own(a); ok && !strings.HasPrefix(a.Path, "node:") { // a package of that name
			r.Path = file
			return r, nil
		}
		r.Errors = []api.Message{{Text: fmt.Sprintf("imports %q of Node.js: workflow code has no files, network, processes or threads; let an activity do that", a.Path)}}
		return r, nil
	})
}

// nodeOnly are the modules that only Node.js has.
const nodeOnly = `^(node:.*|(assert|async_hooks|buffer|child_process|cluster|console|crypto|dgram|diagnostics_channel|dns|domain|events|fs|http|http2|https|inspector|` +
	`module|net|os|path|perf_hooks|process|punycode|querystring|readline|repl|stream|string_decoder|test|timers|tls|trace_events|tty|url|util|v8|vm|wasi|worker_threads|zlib)(/promises)?)$`

// rename gives the sources of a map the names that errors show: those in the folder src begin
// there, and those of the SDK begin as they do if this program carries it.
func (s *sdkFiles) rename(sourceMap []byte) ([]byte, error) {
	var m struct {
		Version        int      `json:"version"`
		Sources        []string `json:"sources"`
		SourcesContent []string `json:"sourcesContent"`
		Mappings       string   `json:"mappings"`
		Names          []string `json:"names"`
	}
	if err := json.Unmarshal(sourceMap, &m); err != nil {
		return nil, fmt.Errorf("source map of the bundle: %w", err)
	}
	sdk := ""
	if rel, err := filepath.Rel(s.dir, s.found); err == nil && s.found != "" {
		sdk = filepath.ToSlash(rel) + "/"
	}
	for i, name := range m.Sources {
		if rest, ok := strings.CutPrefix(name, sdk); ok && sdk != "" {
			m.Sources[i] = librarySource + ":src/" + rest
		} else {
			m.Sources[i] = strings.TrimPrefix(name, "src/")
		}
	}
	return json.Marshal(m)
}
