package main

import "go/ast"

// references counts pairs of files of which one names what the other declares, and those among them
// that lie on a circle: both files are reached from each other, so neither can be read first.
func (f *folder) references() (all, circular int) {
	for _, one := range f.files {
		for _, name := range named(one.tree) {
			if other := f.declares[name]; other != nil && other != one {
				one.uses[other] = true
			}
		}
	}
	for _, from := range f.files {
		for to := range from.uses {
			all++
			if reaches(to, from, map[*file]bool{}) {
				circular++
			}
		}
	}
	return all, circular
}

func reaches(from, to *file, seen map[*file]bool) bool {
	if from == to {
		return true
	}
	seen[from] = true
	for next := range from.uses {
		if !seen[next] && reaches(next, to, seen) {
			return true
		}
	}
	return false
}

// named returns the names that a file uses from the scope of its package or from further out.
func named(tree *ast.File) (names []string) {
	for _, id := range tree.Unresolved {
		names = append(names, id.Name)
	}
	return names
}
