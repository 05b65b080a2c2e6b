package rehearsal

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/languages"
)

// plan is a packed project with its tests.
type plan struct {
	built   *project.Built
	archive *catalog.Archive
	program runtime.Program
	modules []catalog.Module // what tests may load: the package's modules and the test files
	files   []string         // test files, sorted
}

// open packs and compiles the project in a folder, and finds its tests. Errors in the project are
// *project.Invalid, *runtime.PackageError or a refusal of catalog; other errors are the file
// system's.
func open(ctx context.Context, dir string) (*plan, error) {
	p := new(plan)
	var err error
	if p.built, err = project.Build(dir); err != nil {
		return nil, err
	}
	if p.archive, err = catalog.Open(p.built.Archive, catalog.DefaultLimits()); err != nil {
		return nil, err
	}
	if p.program, err = languages.Local().Compile(ctx, p.archive); err != nil {
		return nil, err
	}
	p.modules = catalog.Sources(p.built.Modules)
	tests, err := Tests(dir)
	for _, t := range tests {
		p.files = append(p.files, t.Name)
	}
	p.modules = append(p.modules, tests...)
	return p, err
}

// Tests reads every *_test.star of the project: regular files in folders whose names do not start
// with a dot, as for modules.
func Tests(dir string) (tests []catalog.Module, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return tests, fs.WalkDir(root.FS(), ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case file != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(file, "_test.star") || !entry.Type().IsRegular():
			return nil
		}
		source, err := fs.ReadFile(root.FS(), file)
		if err != nil {
			return err
		}
		tests = append(tests, catalog.Module{Name: file, Source: source})
		return nil
	})
}

// line returns the source line at a position like "order.star:12:9", trimmed; "" if there is no
// such line.
func (p *plan) line(at string) string {
	file, rest, _ := strings.Cut(at, ":")
	number, _, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(number)
	if err != nil {
		return ""
	}
	for _, m := range p.modules {
		if m.Name != file {
			continue
		}
		for text := range strings.Lines(string(m.Source)) {
			if n--; n == 0 {
				return strings.TrimSpace(text)
			}
		}
	}
	return ""
}

// place parses a line of a call stack, like "order.star:12:9 in run".
func (p *plan) place(frame string) Place {
	at, in, _ := strings.Cut(frame, " in ")
	return Place{At: at, In: in, Line: p.line(at)}
}

func (p *plan) String() string { return fmt.Sprintf("version %s", p.built.Version.Short()) }
