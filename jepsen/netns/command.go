package netns

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// command runs ip or tc; its error contains the tool's output. The tools query the kernel once for
// each line and finish in milliseconds; a minute is for a machine that hangs.
func command(stdin string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// batch runs many lines of one tool inside a namespace. It stops at the first that fails.
func batch(space, tool string, lines []string) error {
	if err := command(strings.Join(lines, "\n")+"\n", tool, "-n", space, "-batch", "-"); err != nil {
		return fmt.Errorf("%w (of: %s)", err, strings.Join(lines, "; "))
	}
	return nil
}
