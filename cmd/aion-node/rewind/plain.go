package rewind

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// help tells the commands of Plain and the keys of Screen.
const help = "next, back, first, last, goto N, quit"

// Plain takes commands from a stream, one a line, and writes what they show.
func (s *Session) Plain(ctx context.Context, in io.Reader, out io.Writer) error {
	at := 1
	show := func() error {
		step, err := s.Step(ctx, at)
		if err != nil {
			return err
		}
		for _, line := range s.Lines(step) {
			fmt.Fprintln(out, line)
		}
		return nil
	}
	if err := show(); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		command, rest, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		to := at
		switch command {
		case "next", "n":
			to++
		case "back", "b":
			to--
		case "first":
			to = 1
		case "last":
			to = s.Len()
		case "goto", "g":
			n, err := strconv.Atoi(strings.TrimSpace(rest))
			if err != nil {
				fmt.Fprintf(out, "goto takes the number of a turn, not %q\n", rest)
				continue
			}
			to = n
		case "":
			continue
		case "quit", "q":
			return nil
		default:
			fmt.Fprintf(out, "%q is none of: %s\n", command, help)
			continue
		}
		if to < 1 || to > s.Len() {
			fmt.Fprintf(out, "there is no turn %d: the run has turns 1 to %d\n", to, s.Len())
			continue
		}
		at = to
		if err := show(); err != nil {
			return err
		}
	}
	return lines.Err()
}
