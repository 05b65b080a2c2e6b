package config

import (
	"errors"
	"io/fs"
	"math"
	"strings"

	"github.com/spf13/pflag"
)

// Sources is where settings come from, weakest first.
type Sources struct {
	File    string         // aion.toml; empty: FileName in the current folder if it is there
	Environ []string       // as os.Environ returns it
	Flags   *pflag.FlagSet // that AddFlags was given; nil = none
}

// notGiven stands for cluster.bootstrap_expect until all sources were asked: its default depends on
// whether there is somebody to join.
const notGiven = math.MinInt

// Load returns the settings that the sources add up to, and the path of the file it read, empty if
// none. Errors are *Error, several joined, naming key and source.
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

// loadFile writes over c what the file says.
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

// others are the variables that start like a key's and are none: they belong to the whole command
// line.
var others = map[string]bool{"AION_ADDR": true, "AION_TOKEN": true, "AION_CA_FILE": true, "AION_CONFIG": true}

// loadVariables writes over c what the environment says. All mistakes are told at once.
func loadVariables(c *Config, environ []string) error {
	keys := map[string]Key{}
	for _, k := range Keys() {
		keys[k.Variable()] = k
	}
	var wrong []error
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		rest, ours := strings.CutPrefix(name, "AION_")
		if !ours || others[name] || value == "" { // set to nothing is how a variable is taken back
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
