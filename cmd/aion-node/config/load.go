package config

import (
	"errors"
	"io/fs"
	"math"
	"strings"

	"github.com/spf13/pflag"
)

// Sources are the sources of settings, weakest first.
type Sources struct {
	File    string         // aion.toml; empty: FileName in the current folder, if it exists
	Environ []string       // as os.Environ returns it
	Flags   *pflag.FlagSet // to which AddFlags was applied; nil = none
}

// notGiven marks cluster.bootstrap_expect as unset until all sources were read: its default depends
// on whether cluster.join names anybody.
const notGiven = math.MinInt

// Load combines the sources. It also returns the path of the file that it read, empty if none.
// Errors are joined *Errors that name key and source.
func Load(src Sources) (Config, string, error) {
	c := Default()
	alone := c.Cluster.BootstrapExpect
	c.Cluster.BootstrapExpect = notGiven
	file, err := loadFile(&c, src.File)
	if err != nil {
		return Config{}, "", err
	}
	if err := loadVariables(&c, src.Environ); err != nil {
		return Config{}, "", err
	}
	if src.Flags != nil {
		src.Flags.Visit(func(f *pflag.Flag) {
			if v, ok := f.Value.(*setting); ok {
				v.key.set(&c, v.value)
			}
		})
	}
	if c.Cluster.BootstrapExpect == notGiven {
		c.Cluster.BootstrapExpect = alone
		if len(c.Cluster.Join) > 0 {
			c.Cluster.BootstrapExpect = 0
		}
	}
	return c, file, c.Validate()
}

// loadFile overrides c with the settings of the file.
func loadFile(c *Config, path string) (string, error) {
	explicit := path != ""
	if !explicit {
		path = FileName
	}
	err := readFile(path, c)
	if errors.Is(err, fs.ErrNotExist) && !explicit {
		return "", nil
	}
	if unreadable, ok := errors.AsType[*fs.PathError](err); ok {
		err = &Error{Source: path, Reason: "cannot be read: " + unreadable.Err.Error()}
	}
	return path, err
}

// others are the variables that start like a key's but are not settings: they belong to the whole
// command line.
var others = map[string]bool{"AION_ADDR": true, "AION_TOKEN": true, "AION_CA_FILE": true, "AION_NAMESPACE": true, "AION_CONFIG": true}

// loadVariables overrides c with the settings of the environment. It reports all mistakes at once.
func loadVariables(c *Config, environ []string) error {
	keys := map[string]Key{}
	for _, k := range Keys() {
		keys[k.Variable()] = k
	}
	var wrong []error
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		rest, ours := strings.CutPrefix(name, "AION_")
		if !ours || others[name] || value == "" { // an empty variable counts as unset
			continue
		}
		k, ok := keys[name]
		if !ok {
			if !fromKubernetes(name, value) {
				key := strings.SplitN(strings.ToLower(rest), "_", 2)
				wrong = append(wrong, &Error{Source: name, Reason: strings.Replace(unknownKey(key), "key", "variable", 1)})
			}
			continue
		}
		v, err := k.parse(value)
		if err != nil {
			wrong = append(wrong, &Error{Source: name, Key: k.Name, Reason: err.Error()})
			continue
		}
		k.set(c, v)
	}
	return errors.Join(wrong...)
}
