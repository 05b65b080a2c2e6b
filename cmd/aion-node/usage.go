package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is an invalid command line. It ends with exit status 2.
type usageError struct{ reason string }

func (e *usageError) Error() string { return e.reason }
func (e *usageError) Code() string  { return "usage" }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// arguments checks that a command has the arguments of its Use line: "ID", "[NODE]" (optional),
// "FILE..." (one or more).
func arguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		for i, name := range names {
			if i >= len(args) && !strings.HasPrefix(name, "[") {
				return usage("%s: %s is missing", cmd.Name(), strings.TrimSuffix(name, "..."))
			}
			if i < len(args) && args[i] == "" {
				return usage("%s: %s is empty", cmd.Name(), strings.Trim(name, "[]."))
			}
		}
		if n := len(names); len(args) > n && (n == 0 || !strings.HasSuffix(names[n-1], "...")) {
			return usage("%s: unexpected argument %q%s", cmd.Name(), args[n], nearCommand(cmd, args[n]))
		}
		return nil
	}
}

// mayBeEmpty are the flags for which an empty value is meaningful: no reason, the first page, no
// token.
var mayBeEmpty = []string{"message", "reason", "cursor", "token"}

// emptyFlag rejects a flag with an empty value. Otherwise a script with an unset variable would
// start without its id, deploy without its condition or repeat without its request id, and nobody
// would notice.
func emptyFlag(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		_, above := f.Annotations[annotationAboveZero]
		switch text := f.Value.String(); {
		case err != nil:
		case f.Value.Type() == "string" && text == "" && !slices.Contains(mayBeEmpty, f.Name):
			err = usage("--%s is empty", f.Name)
		case above && (text == "0" || text == "0s"):
			err = usage("--%s is %s; want more, or leave it out", f.Name, text)
		}
	})
	return err
}

const annotationAboveZero = "aion_above_zero"

// aboveZero marks flags whose 0 would count as absent: whoever gives it means something else.
func aboveZero(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		if err := cmd.Flags().SetAnnotation(name, annotationAboveZero, nil); err != nil {
			panic(err) // no such flag
		}
	}
}

// nearCommand names known commands that are similar to an unknown one.
func nearCommand(cmd *cobra.Command, word string) string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return didYouMean(nearest(word, names))
}

// helpCmd is cobra's help command, except for topics that do not exist.
func helpCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return usage("unknown command %q for %q%s", rest[0], about.CommandPath(), nearCommand(about, rest[0]))
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// nearFlag names known flags that are similar to an unknown one.
func nearFlag(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return ""
	}
	if unknown.GetSpecifiedShortnames() != "" && !strings.HasPrefix(unknown.GetSpecifiedShortnames(), "-") && cmd.HasParent() {
		return "; an argument that begins with - stands after --"
	}
	if len(unknown.GetSpecifiedName()) < 2 {
		return ""
	}
	var names []string
	note := func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	}
	cmd.Flags().VisitAll(note)
	cmd.InheritedFlags().VisitAll(note)
	near := nearest(unknown.GetSpecifiedName(), names)
	for i := range near {
		near[i] = "--" + near[i]
	}
	return didYouMean(near)
}

func didYouMean(near []string) string {
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}

// nearest returns at most three names that are within a typing error of word, or start with it, the
// nearest first.
func nearest(word string, names []string) []string {
	within := 2
	if len(word) < 5 {
		within = 1 // two changes turn any short word into any other
	}
	type one struct {
		name string
		away int
	}
	var list []one
	for _, name := range names {
		away := distance(strings.ToLower(word), strings.ToLower(name))
		if len(word) >= 3 && strings.HasPrefix(name, word) {
			away = min(away, 1)
		}
		if away <= within && !slices.Contains(list, one{name, away}) {
			list = append(list, one{name, away})
		}
	}
	slices.SortStableFunc(list, func(a, b one) int { return a.away - b.away })
	var near []string
	for _, o := range list[:min(len(list), 3)] {
		near = append(near, o.name)
	}
	return near
}

// distance counts letters that are inserted, omitted, changed, or swapped with their neighbour.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	d := make([][]int, len(s)+1)
	for i := range d {
		d[i] = make([]int, len(t)+1)
		d[i][0] = i
	}
	for j := range t {
		d[0][j+1] = j + 1
	}
	for i := range s {
		for j := range t {
			change := 1
			if s[i] == t[j] {
				change = 0
			}
			d[i+1][j+1] = min(d[i][j+1]+1, d[i+1][j]+1, d[i][j]+change)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(s)][len(t)]
}

// group makes a command with subcommands report an unknown subcommand. Without one it lists them;
// with --json as a document.
func (a *app) group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return usage("unknown command %q for %q%s", args[0], cmd.CommandPath(), nearCommand(cmd, args[0]))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if a.json {
			return a.document(listed(cmd))
		}
		return cmd.Help()
	}
	return cmd
}

// commandList is what a group, and help about any command, prints with --json.
type commandList struct {
	Command  string       `json:"command"`
	Usage    string       `json:"usage"`
	Does     string       `json:"does"`
	Commands []oneCommand `json:"commands"`
}

type oneCommand struct {
	Name  string `json:"name"`
	Usage string `json:"usage"`
	Does  string `json:"does"`
}

func listed(cmd *cobra.Command) commandList {
	l := commandList{Command: cmd.CommandPath(), Usage: cmd.UseLine(), Does: cmd.Short, Commands: []oneCommand{}}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			l.Commands = append(l.Commands, oneCommand{c.Name(), c.UseLine(), c.Short})
		}
	}
	return l
}

// jsonFlag parses the JSON in a flag: the text itself, @FILE, or @- or - (standard input). Empty is
// nil.
func (a *app) jsonFlag(flag, value string) (json.RawMessage, error) {
	if value == "" {
		return nil, nil
	}
	text, of := []byte(value), "--"+flag
	path, isFile := strings.CutPrefix(value, "@")
	if value == "-" { // JSON cannot start this way, and elsewhere it means standard input
		path, isFile = "-", true
	}
	if isFile {
		var err error
		if text, err = a.readFile(path); err != nil {
			return nil, err
		}
		if of += ": file " + path; path == "-" {
			of = "--" + flag + ": standard input"
		}
		if len(bytes.TrimSpace(text)) == 0 {
			return nil, usage("%s is empty", of)
		}
	}
	var checked json.RawMessage // and no Go values: whole numbers may be longer than those hold
	if err := json.Unmarshal(text, &checked); err != nil {
		at := ""
		if bad := new(json.SyntaxError); errors.As(err, &bad) {
			at = fmt.Sprintf(" at character %d", bad.Offset)
		}
		return nil, usage("%s is not JSON%s: %v (text is written in quotes: '\"yes\"')", of, at, err)
	}
	return text, nil
}

// readFile reads a file, or standard input if it is called "-". It reads at most 1 GiB: no node
// accepts more.
func (a *app) readFile(path string) ([]byte, error) {
	const most = 1 << 30
	in := a.stdin()
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	content, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && len(content) > most {
		err = fmt.Errorf("read %s: it has more than %d bytes", path, most)
	}
	return content, err
}

// pairs parses flags of the form KEY=VALUE. A value that is JSON (a number, true, a list) is used
// as JSON, anything else as text.
func pairs(flag string, list []string) (wire.Attributes, error) {
	if len(list) == 0 {
		return nil, nil
	}
	m := wire.Attributes{}
	for _, item := range list {
		key, value, ok := wire.CutAttribute(item)
		if !ok {
			return nil, usage("--%s %q is not KEY=VALUE", flag, item)
		}
		if _, twice := m[key]; twice {
			return nil, usage("--%s %s is given twice", flag, key)
		}
		m[key] = wire.AttributeValue(value)
	}
	return m, nil
}
