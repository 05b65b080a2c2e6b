package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCmd writes the manual, one page a command. It is for packagers, so help does not list it.
func manCmd(a *app) *cobra.Command {
	dir := ""
	cmd := &cobra.Command{
		Use:    "man",
		Short:  "Write manual pages, one for each command",
		Hidden: true,
		Args:   arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return usage("man: --dir is missing: the folder to write into")
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			return writeManual(dir, cmd.Root())
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "write into `FOLDER`")
	return cmd
}

func writeManual(dir string, cmd *cobra.Command) error {
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	if err := os.WriteFile(filepath.Join(dir, name+".1"), []byte(manualPage(cmd, name)), 0o644); err != nil {
		return err
	}
	for _, sub := range cmd.Commands() {
		if sub.Hidden || sub.Deprecated != "" || sub.Name() == "help" {
			continue
		}
		if err := writeManual(dir, sub); err != nil {
			return err
		}
	}
	return nil
}

// manualPage is a page in man(7). It has no date, so that a build can be repeated.
func manualPage(cmd *cobra.Command, name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"Aion\" \"Aion Manual\"\n.SH NAME\n%s \\- %s\n", roff(strings.ToUpper(name)), roff(name), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(cmd.UseLine()))
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", paragraphs(text))
	if cmd.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(cmd.Example))
	}
	flags := func(title string, set *pflag.FlagSet) {
		head := fmt.Sprintf(".SH %s\n", title)
		set.VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			value, usage := pflag.UnquoteUsage(f)
			short := ""
			if f.Shorthand != "" {
				short = "-" + f.Shorthand + ", "
			}
			fmt.Fprintf(&b, "%s.TP\n.B %s\n%s\n", head, roff(strings.TrimSpace(short+"--"+f.Name+" "+value)), roff(usage))
			head = ""
		})
	}
	flags("OPTIONS", cmd.NonInheritedFlags())
	flags("GLOBAL OPTIONS", cmd.InheritedFlags())
	var more []string
	if p := cmd.Parent(); p != nil {
		more = append(more, strings.ReplaceAll(p.CommandPath(), " ", "-"))
	}
	for _, sub := range cmd.Commands() {
		if !sub.Hidden && sub.Name() != "help" {
			more = append(more, strings.ReplaceAll(sub.CommandPath(), " ", "-"))
		}
	}
	if len(more) > 0 {
		b.WriteString(".SH SEE ALSO\n")
		for i, m := range more {
			fmt.Fprintf(&b, ".BR %s (1)%s\n", roff(m), strings.Repeat(",", min(1, len(more)-1-i)))
		}
	}
	return b.String()
}

// paragraphs keeps what is laid out: a line that begins with a space is not filled.
func paragraphs(text string) string {
	var b strings.Builder
	laidOut := false
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		switch indented := strings.HasPrefix(line, " "); {
		case line == "":
			if laidOut {
				b.WriteString(".fi\n")
			}
			laidOut = false
			b.WriteString(".PP\n")
			continue
		case indented && !laidOut:
			b.WriteString(".nf\n")
			laidOut = true
		case !indented && laidOut:
			b.WriteString(".fi\n")
			laidOut = false
		}
		b.WriteString(roff(line) + "\n")
	}
	if laidOut {
		b.WriteString(".fi\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// roff escapes what troff would take for its own.
func roff(text string) string {
	text = strings.ReplaceAll(text, `\`, `\e`)
	text = strings.ReplaceAll(text, "-", `\-`)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
