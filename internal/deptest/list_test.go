package deptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const module = "aion.dev/aion"

// pkg is go list's description of a package.
type pkg struct {
	ImportPath string
	Name       string
	Dir        string
	Doc        string // first sentence of the package comment
	Export     string // file with export data, with -export
	GoFiles    []string
	Imports    []string
	Standard   bool
}

// short is the path below the module; the module itself is "".
func (p pkg) short() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// all lists our packages once.
var all = sync.OnceValues(func() ([]pkg, error) { return goList("./...") })

func ourPackages(t *testing.T) []pkg {
	t.Helper()
	list, err := all()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 10 {
		t.Fatalf("go list found %d packages: the rules are not being checked", len(list))
	}
	return list
}

func goList(args ...string) ([]pkg, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-json=ImportPath,Name,Dir,Doc,Export,GoFiles,Imports,Standard"}, args...)...)
	cmd.Dir = "../.."
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, errs.String())
	}
	var list []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		list = append(list, p)
	}
}
