package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// FileName is the file that is read from the current folder if none is named.
const FileName = "aion.toml"

// readFile reads a file into c, which keeps what the file does not set. Unknown keys and wrong
// types are errors that name the line.
func readFile(path string, c *Config) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	dec := toml.NewDecoder(bytes.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(c); err != nil {
		return explain(path, err)
	}
	return nil
}

// wrongKind matches the decoder's error about a value of the wrong type, which uses Go's words.
var wrongKind = regexp.MustCompile(`^cannot decode TOML (\w+) into struct field \S+ of type (\S+)$`)

// kinds maps those types to the words of docs/CONFIGURATION.md.
var kinds = map[string]string{"int64": "number", "int": "number", "uint64": "number", "bool": "switch (true or false)", "string": "text", "[]string": "list"}

func explain(path string, err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		var all []error
		for _, e := range unknown.Errors {
			line, _ := e.Position()
			all = append(all, &Error{Source: fmt.Sprintf("%s:%d", path, line), Key: strings.Join(e.Key(), "."), Reason: unknownKey(e.Key())})
		}
		return errors.Join(all...)
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, _ := bad.Position()
		reason := strings.TrimPrefix(bad.Error(), "toml: ")
		if m := wrongKind.FindStringSubmatch(reason); m != nil {
			reason = "is of kind " + m[1] + ", want " + cmp.Or(kinds[m[2]], m[2])
		}
		return &Error{Source: fmt.Sprintf("%s:%d", path, line), Key: strings.Join(bad.Key(), "."), Reason: reason}
	}
	return &Error{Source: path, Reason: err.Error()}
}

// unknownKey describes an unknown key, listing the known ones.
func unknownKey(key []string) string {
	var known, sections []string
	for _, k := range Keys() {
		section, name, _ := strings.Cut(k.Name, ".")
		if section == key[0] {
			known = append(known, name)
		}
		if len(sections) == 0 || sections[len(sections)-1] != section {
			sections = append(sections, section)
		}
	}
	if len(known) > 0 {
		return fmt.Sprintf("unknown key; [%s] has %s", key[0], strings.Join(known, ", "))
	}
	return "unknown key; the sections are " + strings.Join(sections, ", ")
}
