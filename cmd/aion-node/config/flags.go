package config

import "github.com/spf13/pflag"

// AddFlags gives fs one flag for each key, and lets every spelling of a key stand for it.
func AddFlags(fs *pflag.FlagSet) {
	normalize := fs.GetNormalizeFunc()
	fs.SetNormalizeFunc(func(fs *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(NormalFlag(string(normalize(fs, name))))
	})
	for _, k := range Keys() {
		f := fs.VarPF(&flag{key: k, shown: k.Default}, k.Flag(), "", k.Help)
		if k.Kind() == "switch" {
			f.NoOptDefVal = "true"
		}
	}
}

// flag is a key's value on the command line.
type flag struct {
	key   Key
	shown string
	value any
}

func (f *flag) Set(s string) error {
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

func (f *flag) String() string { return f.shown }
func (f *flag) Type() string {
	return map[string]string{"text": "string", "switch": "bool"}[f.key.Kind()]
}
