package config

import "github.com/spf13/pflag"

// Normalize maps every spelling of a key to its flag: --node.data_dir and --node-data-dir mean
// --data-dir. A command to which AddFlags was applied needs it as the normalization of all its
// flags.
func Normalize(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	return pflag.NormalizedName(normal(name))
}

// AddFlags gives fs one flag for each key.
func AddFlags(fs *pflag.FlagSet) {
	fs.SetNormalizeFunc(Normalize)
	for _, k := range Keys() {
		f := fs.VarPF(&setting{key: k, shown: k.Default}, k.Flag(), "", k.Help)
		if k.Kind() == "switch" {
			f.NoOptDefVal = "true"
		}
	}
}

// setting is a key's value on the command line.
type setting struct {
	key   Key
	shown string
	value any
}

func (f *setting) Set(s string) error {
	v, err := f.key.parse(s)
	if err != nil {
		return err
	}
	if more, ok := v.([]string); ok { // a list may be given in one flag, or in several
		before, _ := f.value.([]string)
		v = append(before, more...)
	}
	f.value, f.shown = v, show(v)
	return nil
}

func (f *setting) String() string { return f.shown }
func (f *setting) Type() string {
	if kind := f.key.Kind(); kind != "switch" {
		return kind
	}
	return "bool" // the type that pflag knows to need no value
}
