package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// fitHelp makes help fit the terminal, and makes --json print help as one document. In a pipe, text
// is not wrapped further.
func fitHelp(a *app, root *cobra.Command) {
	width, ok := terminal(a.out)
	if ok {
		root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", fmt.Sprintf(".FlagUsagesWrapped %d ", width)))
	}
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if a.json {
			_ = a.document(listed(cmd))
			return
		}
		if ok {
			cmd.Long = wrap(cmd.Long, width)
		}
		help(cmd, args)
	})
}

// wrap rewraps paragraphs so that their lines fit. Words longer than a line stay whole.
func wrap(text string, width int) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, paragraph := range paragraphs {
		var lines []string
		line := ""
		for _, word := range strings.Fields(paragraph) {
			if line != "" && len(line)+1+len(word) > width {
				lines = append(lines, line)
				line = ""
			}
			if line != "" {
				line += " "
			}
			line += word
		}
		paragraphs[i] = strings.Join(append(lines, line), "\n")
	}
	return strings.Join(paragraphs, "\n\n")
}
