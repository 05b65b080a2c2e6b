package rewind

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// Screen shows a session on a terminal, and goes where keys say. It gives the terminal back as it
// was.
func (s *Session) Screen(ctx context.Context, in *os.File, out io.Writer) error {
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return err
	}
	fmt.Fprint(out, "\x1b[?1049h\x1b[?25l") // another screen, without a cursor
	defer func() {
		fmt.Fprint(out, "\x1b[?25h\x1b[?1049l")
		term.Restore(int(in.Fd()), before)
	}()
	at, top := 1, 0
	buf := make([]byte, 16)
	for {
		step, err := s.Step(ctx, at)
		if err != nil {
			return err
		}
		width, height, err := term.GetSize(int(in.Fd()))
		if err != nil || width < 1 || height < 3 {
			width, height = 80, 24
		}
		lines := s.Lines(step)
		top = max(min(top, len(lines)-(height-1)), 0)
		draw(out, lines[top:], width, height)
		n, err := in.Read(buf)
		if err != nil {
			return err
		}
		to := at
		switch key := string(buf[:n]); key {
		case "n", "l", " ", "\x1b[C":
			to++
		case "p", "b", "h", "\x1b[D":
			to--
		case "g", "\x1b[H":
			to = 1
		case "G", "\x1b[F":
			to = s.Len()
		case "j", "\x1b[B":
			top++
		case "k", "\x1b[A":
			top--
		case "q", "\x03", "\x1b":
			return nil
		}
		if to >= 1 && to <= s.Len() && to != at {
			at, top = to, 0
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// draw fills the screen, and tells the keys in its last line.
func draw(out io.Writer, lines []string, width, height int) {
	var b strings.Builder
	b.WriteString("\x1b[H")
	for i := range height - 1 {
		text := ""
		if i < len(lines) {
			text = lines[i]
		}
		if utf8.RuneCountInString(text) > width {
			text = string([]rune(text)[:width-1]) + "…"
		}
		b.WriteString(text + "\x1b[K\r\n")
	}
	keys := "→ next  ← back  g first  G last  ↑↓ scroll  q quit"
	if utf8.RuneCountInString(keys) > width {
		keys = string([]rune(keys)[:width])
	}
	b.WriteString("\x1b[7m" + keys + "\x1b[0m\x1b[K")
	io.WriteString(out, b.String())
}

// visible replaces what a terminal would obey.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, text)
}
