package project

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// source is one file of the project that becomes a module.
type source struct {
	path string // in the project
	name string // in the package
	size int64
}

// findModules lists the modules of a project, sorted by path:
//
//   - with a folder src: every *.star under it, named relative to src, and those next to
//     workflow.toml,
//   - without: every *.star under the project's folder.
//
// It leaves out *_test.star, which are tests, files and folders whose names start with a dot, and
// folders node_modules.
func findModules(project fs.FS) ([]source, error) {
	info, err := fs.Lstat(project, "src")
	if err != nil || !info.IsDir() {
		if err := refuseLink(project, "src"); err != nil {
			return nil, err
		}
		return walk(project, ".", true)
	}
	beside, err := walk(project, ".", false)
	if err != nil {
		return nil, err
	}
	under, err := walk(project, "src", true)
	if err != nil {
		return nil, err
	}
	return slices.Concat(beside, under), nil
}

func walk(project fs.FS, folder string, deep bool) ([]source, error) {
	var found []source
	err := fs.WalkDir(project, folder, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case file == folder:
			return nil
		case strings.HasPrefix(entry.Name(), "."), entry.IsDir() && entry.Name() == "node_modules":
			return skip(entry)
		case entry.IsDir() && !deep:
			return fs.SkipDir
		case entry.IsDir():
			return nil
		case entry.Type()&fs.ModeSymlink != 0:
			return checkLink(project, file, deep)
		case !isModule(file):
			return nil
		case !entry.Type().IsRegular():
			return &Invalid{File: file, Reason: "is no regular file"}
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		found = append(found, source{path: file, name: strings.TrimPrefix(file, folder+"/"), size: info.Size()})
		return nil
	})
	return found, err
}

func skip(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func isModule(file string) bool {
	return path.Ext(file) == ".star" && !strings.HasSuffix(file, "_test.star")
}

// checkLink refuses a link that would add modules if it were followed. A link may lead out of the
// project or form a cycle, and not every system keeps links in a checkout, so the same project
// would pack to different bytes. Other links are ignored.
func checkLink(project fs.FS, file string, deep bool) error {
	target, err := fs.Stat(project, file)
	escapes := err != nil // it points outside of the project, or nowhere
	if isModule(file) || deep && (escapes || target.IsDir()) {
		return refuseLink(project, file)
	}
	return nil
}

// refuseLink refuses file if it is a symbolic link.
func refuseLink(project fs.FS, file string) error {
	if info, err := fs.Lstat(project, file); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return &Invalid{File: file, Reason: "is a symbolic link; a project is made of its own files"}
	}
	return nil
}
