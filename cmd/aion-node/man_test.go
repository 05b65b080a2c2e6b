package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestManual: every command that help lists has a page, with its flags.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	root := newRoot(&app{})
	if err := writeManual(dir, root); err != nil {
		t.Fatal(err)
	}
	pages := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		if cmd.Hidden || cmd.Name() == "help" {
			return
		}
		b, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1"))
		if err != nil {
			t.Error(err)
		}
		pages++
		for _, want := range []string{".TH ", ".SH NAME\n", ".SH SYNOPSIS\n", ".SH DESCRIPTION\n", roff(cmd.Short)} {
			if !strings.Contains(string(b), want) {
				t.Errorf("the page of %s lacks %q", cmd.CommandPath(), want)
			}
		}
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(root)
	if pages < 80 {
		t.Errorf("only %d pages", pages)
	}
	b, err := os.ReadFile(filepath.Join(dir, "aion-node-cluster-replace.1"))
	if err != nil || !strings.Contains(string(b), ".B \\-\\-timeout") || !strings.Contains(string(b), ".BR aion\\-node\\-cluster (1)") {
		t.Errorf("%v\n%s", err, b)
	}
}
