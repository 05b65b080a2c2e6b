package config

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// Sources is where settings come from, weakest first.
type Sources struct {
	File    string         // aion.toml; empty: FileName in the current folder if it is there
	Environ []string       // as os.Environ returns it
	Flags   *pflag.FlagSet // that AddFlags was given; nil = none
}

// Load returns the settings that the sources add up to, and the path of the file it read, empty if none. Errors are *Error, several joined, naming
// key and source, or the file system's.
func Load(src Sources) (Config, string, error) {
	ko := koanf.New(".")
	file, err := loadFile(ko, src.File)
	if err != nil {
		return Config{}, "", err
	}
	if err := loadVariables(ko, src.Environ); err != nil {
		return Config{}, "", err
	}
	if src.Flags != nil {
		given := func(f *pflag.Flag) (string, any) {
			if v, ok := f.Value.(*setting); ok && f.Changed {
				return v.key.Name, v.value
			}
			return "", nil
		}
		if err := ko.Load(posflag.ProviderWithFlag(src.Flags, ".", nil, given), nil); err != nil {
			return Config{}, "", err
		}
	}

	c := Default()
	if len(ko.Strings("cluster.join")) > 0 {
		c.Cluster.BootstrapExpect = 0
	}
	if err := ko.UnmarshalWithConf("", &c, koanf.UnmarshalConf{Tag: "toml"}); err != nil {
		return Config{}, "", err
	}
	return c, file, c.Validate()
}

func loadFile(ko *koanf.Koanf, path string) (string, error) {
	explicit := path != ""
	if !explicit {
		path = FileName
	}
	said, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) && !explicit {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return path, ko.Load(confmap.Provider(said, ""), nil)
}

// others are the variables that start like a key's and are none: they belong to the whole command line.
var others = map[string]bool{"AION_ADDR": true, "AION_TOKEN": true, "AION_CA_FILE": true, "AION_CONFIG": true}

func loadVariables(ko *koanf.Koanf, environ []string) error {
	keys := map[string]Key{}
	for _, k := range Keys() {
		keys[k.Variable()] = k
	}
	var wrong []error
	transform := func(name, value string) (string, any) {
		if others[name] || value == "" { // set to nothing is how a variable is taken back
			return "", nil
		}
		k, ok := keys[name]
		if !ok && fromKubernetes(name, value) {
			return "", nil
		}
		if !ok {
			key := strings.SplitN(strings.ToLower(strings.TrimPrefix(name, "AION_")), "_", 2)
			wrong = append(wrong, &Error{Source: name, Reason: strings.Replace(unknownKey(key), "key", "variable", 1)})
			return "", nil
		}
		v, err := k.parse(value)
		if err != nil {
			wrong = append(wrong, &Error{Source: name, Key: k.Name, Reason: err.Error()})
			return "", nil
		}
		return k.Name, v
	}
	provider := env.Provider(".", env.Opt{Prefix: "AION_", TransformFunc: transform, EnvironFunc: func() []string { return environ }})
	if err := ko.Load(provider, nil); err != nil {
		return err
	}
	return errors.Join(wrong...)
}
