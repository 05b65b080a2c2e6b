// Command census counts what shows how a tree of Go code is cut: files and lines of each folder,
// how long files and functions are, how many comments are wider than a screen, and how files refer
// to each other. It decides nothing and leaves tests out of all that it counts.
//
//	go run ./internal/census          # this tree
//	go run ./internal/census FOLDER   # another one, such as a worktree of an older commit
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	all, err := read(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "census:", err)
		os.Exit(1)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "folder\tfiles\tlines\treferences between files\tof these in circles\t")
	var files, functions []int
	var total folder
	for _, f := range all {
		refs, circular := f.references()
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", f.name, len(f.files), f.lines(), refs, circular)
		for _, file := range f.files {
			files = append(files, file.lines)
		}
		functions = append(functions, f.functions...)
		total.comments += f.comments
		total.wide += f.wide
	}
	w.Flush()
	fmt.Printf("\n%d files: median %d lines, 90th percentile %d, longest %d\n", len(files), quantile(files, 50), quantile(files, 90), quantile(files, 100))
	fmt.Printf("%d functions: median %d lines, 90th percentile %d, longest %d\n", len(functions), quantile(functions, 50), quantile(functions, 90), quantile(functions, 100))
	fmt.Printf("%d lines of comments: %.1f %% wider than %d columns\n", total.comments, 100*float64(total.wide)/float64(max(1, total.comments)), screen)
}

// quantile returns the smallest value that so many percent of the values do not exceed.
func quantile(values []int, percent int) int {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[max(0, (len(values)*percent+99)/100-1)]
}

// read parses all Go files below root that are no tests, folder by folder.
func read(root string) (all []*folder, err error) {
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case path != root && (d.Name()[0] == '.' || d.Name() == "testdata" || d.Name() == "bin"):
			return filepath.SkipDir
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f, err := readFolder(path, name)
		if err == nil && len(f.files) > 0 {
			all = append(all, f)
		}
		return err
	})
	return all, err
}
