package project

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"aion.dev/aion/catalog"
)

// ConfigName is the file that makes a folder a project.
const ConfigName = "workflow.toml"

// config is workflow.toml.
type config struct {
	Description string            `toml:"description"`
	ABI         *int              `toml:"abi"`      // default catalog.ABI, or what the language needs
	Driver      *int              `toml:"driver"`   // of scripts; default the newest
	Language    string            `toml:"language"` // of types that do not say; default "starlark"
	Folders     map[string]string `toml:"folders"`  // where code of a compiled language is; default the project's
	Labels      map[string]string `toml:"labels"`
	Workflows   []workflow        `toml:"workflow"`
}

type workflow struct {
	Type          string   `toml:"type"`           // default: the last part of EntryModule
	Language      string   `toml:"language"`       // "starlark", "go" or "typescript"
	EntryModule   string   `toml:"entry_module"`   // without extension; default of compiled languages: their module
	EntryFunction string   `toml:"entry_function"` // default "run"; of compiled languages: the type
	Timeout       string   `toml:"timeout"`        // Go duration
	InputSchema   string   `toml:"input_schema"`   // path of a JSON file in the project
	OutputSchema  string   `toml:"output_schema"`
	Activities    []string `toml:"activities"`
}

func readConfig(root *os.Root) (*config, error) {
	if err := refuseLink(root.FS(), ConfigName); err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(root.FS(), ConfigName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Invalid{File: ConfigName, Reason: "is missing: the folder is no project"}
	} else if err != nil {
		return nil, err
	}
	c := new(config)
	var unknown *toml.StrictMissingError
	var malformed *toml.DecodeError
	switch err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(c); {
	case err == nil:
		return c, nil
	case errors.As(err, &unknown):
		return nil, at(&unknown.Errors[0], "is an unknown key")
	case errors.As(err, &malformed):
		return nil, at(malformed, "is wrong: "+strings.TrimPrefix(malformed.Error(), "toml: "))
	default:
		return nil, &Invalid{File: ConfigName, Reason: "is wrong: " + strings.TrimPrefix(err.Error(), "toml: ")}
	}
}

func at(e *toml.DecodeError, reason string) *Invalid {
	line, column := e.Position()
	return &Invalid{File: ConfigName, Line: line, Column: column, Key: strings.Join(e.Key(), "."), Reason: reason}
}

// manifest fills in the defaults and inlines the schemas. catalog decides which values are valid.
func (c *config) manifest(root *os.Root) (catalog.Manifest, error) {
	written, compiled, err := c.languages()
	if err != nil {
		return catalog.Manifest{}, err
	}
	m := catalog.Manifest{
		Format:      catalog.Format,
		ABI:         catalog.ABI,
		Description: c.Description,
		Labels:      c.Labels,
		Activities:  []string{},
	}
	for name := range compiled {
		m.ABI, m.Driver = max(m.ABI, languages[name].abi), max(m.Driver, languages[name].driver)
	}
	if c.ABI != nil {
		if m.ABI = *c.ABI; m.ABI < catalog.ABI || m.ABI > catalog.MaxABI {
			return m, &Invalid{File: ConfigName, Key: "abi", Reason: fmt.Sprintf("is %d; this version of Aion knows %d to %d", m.ABI, catalog.ABI, catalog.MaxABI)}
		}
	}
	if c.Driver != nil {
		switch d := *c.Driver; {
		case m.Driver == 0:
			return m, &Invalid{File: ConfigName, Key: "driver", Reason: "is of scripts, and no [[workflow]] is written in TypeScript"}
		case d < 1 || d > catalog.Driver:
			return m, &Invalid{File: ConfigName, Key: "driver", Reason: fmt.Sprintf("is %d; this version of Aion knows 1 to %d", d, catalog.Driver)}
		case d == 1:
			m.Driver = 0
		default:
			m.Driver = d
		}
	}
	if len(c.Workflows) == 0 {
		return m, &Invalid{File: ConfigName, Reason: "declares no [[workflow]]"}
	}
	for i, w := range c.Workflows {
		key := fmt.Sprintf("workflow[%d].", i)
		if w, err = defaults(w, compiled[written[i]]); err != nil {
			return m, &Invalid{File: ConfigName, Key: key + "entry_module", Reason: err.Error()}
		}
		if w.EntryModule == "" {
			return m, &Invalid{File: ConfigName, Key: key + "entry_module", Reason: "is missing"}
		}
		if name, ok := strings.CutSuffix(w.EntryModule, ".star"); ok {
			return m, &Invalid{File: ConfigName, Key: key + "entry_module", Reason: fmt.Sprintf("is a name without extension: write %q", name)}
		}
		input, err := readSchema(root, key+"input_schema", w.InputSchema)
		if err != nil {
			return m, err
		}
		output, err := readSchema(root, key+"output_schema", w.OutputSchema)
		if err != nil {
			return m, err
		}
		m.Workflows = append(m.Workflows, catalog.Workflow{
			Type:          cmp.Or(w.Type, path.Base(w.EntryModule)),
			EntryModule:   w.EntryModule,
			EntryFunction: w.EntryFunction,
			Timeout:       w.Timeout,
			InputSchema:   input,
			OutputSchema:  output,
		})
		m.Activities = append(m.Activities, w.Activities...)
	}
	slices.Sort(m.Activities)
	m.Activities = slices.Compact(m.Activities)
	return m, nil
}
