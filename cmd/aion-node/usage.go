package main

import (
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

// usageError is a command line that makes no sense. It ends with exit status 2.
type usageError struct{ reason string }

func (e *usageError) Error() string { return e.reason }
func (e *usageError) Code() string  { return "usage" }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// arguments returns a check that a command has the arguments that its Use line names: "ID", "[NODE]" (optional), "FILE..." (one or more).
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
			return usage("%s: unexpected argument %q", cmd.Name(), args[n])
		}
		return nil
	}
}

// mayBeEmpty are the flags whose empty value says something: no reason, the first page, no token.
var mayBeEmpty = []string{"message", "reason", "cursor", "token"}

// emptyFlag refuses a flag with an empty value. A script whose variable is not set would else start without its id, deploy without its condition or repeat
// without its request id, and nobody would notice.
func emptyFlag(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.Type() == "string" && f.Value.String() == "" && !slices.Contains(mayBeEmpty, f.Name) {
			err = usage("--%s is empty", f.Name)
		}
	})
	return err
}

// helpCmd is cobra's, but for a topic that does not exist.
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
				return usage("unknown command %q for %q", rest[0], about.CommandPath())
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// group makes a command that only has others below it say what is wrong with a name that it does not have.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		cmd.SuggestionsMinimumDistance = 2
		if len(args[0]) < 5 {
			cmd.SuggestionsMinimumDistance = 1 // two changes make any short word any other
		}
		reason := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			reason += "; did you mean " + strings.Join(near, " or ") + "?"
		}
		return usage("%s", reason)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

// jsonFlag reads the JSON that a flag holds: the text itself, @FILE or @- (standard input). Empty is nil.
func (a *app) jsonFlag(flag, value string) (json.RawMessage, error) {
	if value == "" {
		return nil, nil
	}
	text := []byte(value)
	if path, ok := strings.CutPrefix(value, "@"); ok {
		var err error
		if text, err = a.readFile(path); err != nil {
			return nil, err
		}
	}
	var checked any
	if err := json.Unmarshal(text, &checked); err != nil {
		at := ""
		if bad := new(json.SyntaxError); errors.As(err, &bad) {
			at = fmt.Sprintf(" at character %d", bad.Offset)
		}
		return nil, usage("--%s is not JSON%s: %v (text is written in quotes: '\"yes\"')", flag, at, err)
	}
	return text, nil
}

// readFile reads a file, or standard input if it is called "-". At most 1 GiB: no node takes more.
func (a *app) readFile(path string) ([]byte, error) {
	const most = 1 << 30
	in := a.in
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

// pairs reads flags of the form KEY=VALUE. A value that is JSON (a number, true, a list) is taken as such, everything else as text.
func pairs(flag string, list []string) (wire.Attributes, error) {
	if len(list) == 0 {
		return nil, nil
	}
	m := wire.Attributes{}
	for _, item := range list {
		key, value, ok := strings.Cut(item, "=")
		if !ok || key == "" {
			return nil, usage("--%s %q is not KEY=VALUE", flag, item)
		}
		if _, twice := m[key]; twice {
			return nil, usage("--%s %s is given twice", flag, key)
		}
		m[key] = wire.AttributeValue(value)
	}
	return m, nil
}
