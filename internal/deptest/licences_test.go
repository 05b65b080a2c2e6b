package deptest

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite NOTICE")

// licences are texts that identify a licence, the more specific ones first. If a module has another
// licence, somebody must look at it before it goes into the binary.
var licences = []struct {
	name string
	text *regexp.Regexp
}{
	{"MPL-2.0", regexp.MustCompile(`Mozilla Public License,? [Vv]ersion 2\.0`)},
	{"Apache-2.0", regexp.MustCompile(`Apache License\s+Version 2\.0`)},
	{"BSD-3-Clause", regexp.MustCompile(`(?s)Redistribution and use in source and binary forms.*(Neither the name|endorse or promote)`)},
	{"BSD-2-Clause", regexp.MustCompile(`Redistribution and use in source and binary forms`)},
	{"MIT", regexp.MustCompile(`Permission is hereby granted, free of charge`)},
}

const noticeHead = `Aion
Copyright 2026 The Aion authors

Licensed under the Apache License, Version 2.0: see LICENSE.

The binary aion-node holds the modules listed here, each under its own licence; the text is in the
LICENSE file of the module's source. This file is made by

    go test ./internal/deptest -run TestNotice -update

`

// TestNotice: NOTICE names every module of the binary with its licence, and repeats the notices
// that modules require.
func TestNotice(t *testing.T) {
	const file = "../../NOTICE"
	want := noticeHead + notice(t)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("NOTICE is not what the modules of the binary make it: go test ./internal/deptest -run TestNotice -update, and look at what changed")
	}
}

func notice(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}\t{{.Dir}}{{end}}", "./cmd/aion-node")
	cmd.Dir = "../.."
	// The list is the same on every machine: a module that only one system needs is in that
	// system's binary.
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	var table, notices strings.Builder
	for _, line := range slices.Compact(lines) {
		module, dir, _ := strings.Cut(line, "\t")
		if module == "aion.dev/aion" || module == "" {
			continue
		}
		licence, holder := licenceOf(t, module, dir)
		table.WriteString(strings.TrimRight(fmt.Sprintf("%-52s %-13s %s", module, licence, holder), " ") + "\n")
		for _, name := range []string{"NOTICE", "NOTICE.txt"} {
			if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
				fmt.Fprintf(&notices, "\n--- notice of %s ---\n\n%s\n", module, strings.TrimSpace(strings.ReplaceAll(string(text), "\r", "")))
			}
		}
	}
	return table.String() + notices.String()
}

// holder returns the first line of a licence that names its owner.
var holder = regexp.MustCompile(`(?m)^[ \t/#*]*Copyright(?: \([cC]\)| ©|[^\n]*\b(?:19|20)\d\d\b)[^\n]*$`)

func licenceOf(t *testing.T, module, dir string) (name, copyright string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*"))
	if err != nil || len(files) == 0 {
		t.Errorf("%s has no LICENSE file", module)
		return "", ""
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // a folder
		}
		text := strings.ReplaceAll(string(content), "\r", "")
		for _, l := range licences {
			if l.text.MatchString(text) {
				return l.name, strings.Trim(holder.FindString(text), " \t/#*")
			}
		}
	}
	t.Errorf("%s is under a licence that is not in the list of licences_test.go: read it first", module)
	return "", ""
}
