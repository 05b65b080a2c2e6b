package report

import (
	"html"
	"html/template"
	"regexp"
	"strings"
)

// markup makes HTML of the Markdown that this suite writes: headings, tables, lists two deep, paragraphs, `code`, **bold** and links.
func markup(text string) template.HTML {
	var b strings.Builder
	var open []string // elements to be closed, innermost last
	until := func(keep int) {
		for len(open) > keep {
			b.WriteString("</" + open[len(open)-1] + ">\n")
			open = open[:len(open)-1]
		}
	}
	enter := func(depth int, element string) {
		until(depth)
		if len(open) == depth && (depth == 0 || open[depth-1] != element) || len(open) < depth {
			b.WriteString("<" + element + ">")
			open = append(open, element)
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
			until(0)
		case strings.HasPrefix(trimmed, "#"):
			until(0)
			b.WriteString("<h3>" + inline(strings.TrimLeft(trimmed, "# ")) + "</h3>\n")
		case strings.HasPrefix(trimmed, "|"):
			if ruler.MatchString(trimmed) {
				continue
			}
			if len(open) != 1 || open[0] != "table" {
				enter(0, "table")
			}
			b.WriteString("<tr>")
			for _, cell := range cells(trimmed) {
				b.WriteString("<td>" + inline(cell))
			}
			b.WriteString("</tr>\n")
		case strings.HasPrefix(trimmed, "- "):
			depth := 1
			if strings.HasPrefix(line, " ") {
				depth = 2
			}
			if len(open) > 0 && open[0] != "ul" {
				until(0)
			}
			until(depth)
			for len(open) < depth {
				b.WriteString("<ul>")
				open = append(open, "ul")
			}
			b.WriteString("<li>" + inline(trimmed[2:]) + "\n")
		default:
			if len(open) == 0 {
				enter(0, "p")
			}
			b.WriteString(inline(trimmed) + "\n")
		}
	}
	until(0)
	return template.HTML(b.String())
}

var (
	ruler  = regexp.MustCompile(`^\|[-:|\s]+\|?$`)
	span   = regexp.MustCompile("`([^`]*)`")
	strong = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	anchor = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)
)

// cells splits a row; \| is a character of a cell.
func cells(row string) []string {
	row = strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|")
	list := strings.Split(strings.ReplaceAll(row, `\|`, "\x00"), "|")
	for i := range list {
		list[i] = strings.TrimSpace(strings.ReplaceAll(list[i], "\x00", "|"))
	}
	return list
}

func inline(text string) string {
	text = html.EscapeString(text)
	text = anchor.ReplaceAllString(text, `<a href="$2">$1</a>`)
	text = strong.ReplaceAllString(text, "<b>$1</b>")
	return span.ReplaceAllString(text, "<code>$1</code>")
}
