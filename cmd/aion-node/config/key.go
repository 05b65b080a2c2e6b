package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Key is one setting.
type Key struct {
	Name    string // as in aion.toml, with its section: "http.address"
	Default string // in the notation of the file
	Help    string

	field []int // path to the field in Config
	typ   reflect.Type
}

// Keys lists every setting, in the order of Config.
func Keys() []Key {
	var keys []Key
	defaults := reflect.ValueOf(Default())
	for i := range defaults.NumField() {
		section, name := defaults.Field(i), defaults.Type().Field(i).Tag.Get("toml")
		for j := range section.NumField() {
			f := section.Type().Field(j)
			keys = append(keys, Key{
				Name:    name + "." + f.Tag.Get("toml"),
				Default: show(section.Field(j).Interface()),
				Help:    f.Tag.Get("help"),
				field:   []int{i, j},
				typ:     f.Type,
			})
		}
	}
	return keys
}

// Variable returns the key's name in the environment: AION_HTTP_ADDRESS.
func (k Key) Variable() string {
	return "AION_" + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_"))
}

// Flag returns the key's name on the command line, without the leading dashes. It is the key with
// dashes, without sections that are obvious: cluster.bootstrap_expect is --bootstrap-expect, and
// node.data_dir is --data-dir.
func (k Key) Flag() string { return normal(k.Name) }

var dashes = strings.NewReplacer(".", "-", "_", "-") // made once: flags are normalized at every look

func normal(name string) string {
	name = dashes.Replace(name)
	for _, section := range []string{"node-", "cluster-"} {
		if rest, ok := strings.CutPrefix(name, section); ok {
			return rest
		}
	}
	return name
}

// Kind names what the key holds: text, number, duration, switch or list.
func (k Key) Kind() string {
	switch reflect.Zero(k.typ).Interface().(type) {
	case Duration:
		return "duration"
	case int, int64:
		return "number"
	case bool:
		return "switch"
	case []string:
		return "list"
	}
	return "text"
}

// set stores a value that parse returned in c.
func (k Key) set(c *Config, v any) {
	reflect.ValueOf(c).Elem().FieldByIndex(k.field).Set(reflect.ValueOf(v).Convert(k.typ))
}

// parse parses the value of a variable or flag. Commas separate the elements of lists.
func (k Key) parse(s string) (any, error) {
	switch k.Kind() {
	case "duration":
		var d Duration
		if err := d.UnmarshalText([]byte(s)); err != nil {
			return nil, err
		}
		return d, nil
	case "number":
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", s)
		}
		return n, nil
	case "switch":
		b, err := strconv.ParseBool(s)
		if err != nil {
			return nil, fmt.Errorf("%q is neither true nor false", s)
		}
		return b, nil
	case "list":
		return split(s), nil
	}
	return s, nil
}

func split(s string) []string {
	list := []string{}
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

func show(v any) string {
	if list, ok := v.([]string); ok {
		return strings.Join(list, ",")
	}
	return fmt.Sprint(v)
}
