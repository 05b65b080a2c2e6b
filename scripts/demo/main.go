package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	binary := flag.String("binary", "bin/aion-node", "the binary to show")
	examples := flag.String("examples", "docs/examples", "folder with the example projects")
	flag.Parse()
	if err := run(*binary, *examples); err != nil {
		fmt.Fprintln(os.Stderr, "\nthe demo failed:", err)
		os.Exit(1)
	}
}

func run(binary, examples string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()

	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	examples, err = filepath.Abs(examples)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "aion-demo-")
	if err != nil {
		return err
	}
	nodes := &nodes{binary: binary, dir: dir}
	defer os.RemoveAll(dir)
	defer nodes.killAll()
	if err := os.Symlink(examples, filepath.Join(dir, "examples")); err != nil {
		return err
	}

	began := time.Now()
	s := &story{ctx: ctx, nodes: nodes}
	if err := s.run(); err != nil {
		nodes.showLogs()
		return err
	}
	announce("done in %.1f s", time.Since(began).Seconds())
	return nil
}
