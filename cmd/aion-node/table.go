package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"
)

// answer prints v as the one JSON document if --json was given, otherwise as people prints it.
func (a *app) answer(v any, people func(w io.Writer)) error {
	if a.json {
		return a.document(v)
	}
	p := &page{Writer: a.out, noHeaders: a.noHeaders}
	if width, ok := terminal(a.out); ok && !a.wide {
		p.width = width
	}
	people(p)
	return nil
}

// document prints one JSON value on one line.
func (a *app) document(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// page is where answers for people are printed.
type page struct {
	io.Writer
	width     int // width for tables; 0 = unlimited: no terminal, or --wide
	noHeaders bool
}

// table prints rows under a heading, in aligned columns. Without rows it prints none. On a terminal
// it fits the width: see fit.
func table(w io.Writer, none string, heading []string, rows [][]string) {
	p, ok := w.(*page)
	if !ok {
		p = &page{Writer: w}
	}
	if len(rows) == 0 {
		if !p.noHeaders {
			fmt.Fprintln(w, none)
		}
		return
	}
	for _, row := range rows {
		for i, cell := range row {
			if row[i] = oneLine(cell); cell == "" {
				row[i] = "-"
			}
		}
	}
	all := append([][]string{slices.Clone(heading)}, rows...)
	if p.width > 0 {
		fit(all, p.width)
	}
	if p.noHeaders {
		all = all[1:]
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range all {
		fmt.Fprintln(tw, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	tw.Flush()
}

// card prints names and values below each other, omitting empty ones.
func card(w io.Writer, lines ...[2]string) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range lines {
		if l[1] != "" {
			fmt.Fprintf(tw, "%s\t%s\n", l[0], oneLine(l[1]))
		}
	}
	tw.Flush()
}

// short returns a version for people: its first 12 digits. Scripts get all 64.
func short(version string) string {
	if len(version) > 12 {
		return version[:12]
	}
	return version
}

// ago formats how long before now a time was, in the largest unit that fits.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return ""
	case d < 0:
		return "now" // another machine's clock
	case d < time.Minute:
		return fmt.Sprintf("%ds ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(d.Hours()))
	}
	return fmt.Sprintf("%dd ago", int(d.Hours()/24))
}

// bytesOf formats a size for people.
func bytesOf(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// oneLine escapes characters that would end a cell or a line of a table, or reverse its text:
// others write the text of a cell, and must not forge a row with it.
func oneLine(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp):
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// printable removes control characters from what a cluster or another person wrote, so that it
// cannot control the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, s)
}
