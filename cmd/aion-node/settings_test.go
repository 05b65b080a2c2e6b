package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An unusable setting ends every command in the same way, wherever it came from: with status 2,
// before anything is sent or touched.
func TestUnusableSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"junk.pem": "no certificate", "empty.pem": "", "unknown.toml": "[http]\nadress = 'x'\n", "broken.toml": "x = [", "duration.toml": "[drain]\ntimeout = 'soon'\n",
		"binary.toml": "\xff\xfe",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("folder", 0o700); err != nil {
		t.Fatal(err)
	}
	list := func(flags ...string) []string { return append([]string{"list"}, flags...) }
	serve := func(flags ...string) []string { return append([]string{"serve"}, flags...) }
	for _, test := range []struct {
		args  []string
		env   string // NAME=VALUE
		wants string
	}{
		{list("--ca-file", "nowhere"), "", "--ca-file: open nowhere"},
		{list("--ca-file", "folder"), "", "--ca-file: read folder"},
		{list("--ca-file", "junk.pem"), "", "--ca-file: junk.pem has no PEM certificate"},
		{list("--ca-file", "empty.pem"), "", "--ca-file: empty.pem has no PEM certificate"},
		{list(), "AION_CA_FILE=nowhere", "AION_CA_FILE: open nowhere"},
		{list(), "AION_CA_FILE=junk.pem", "AION_CA_FILE: junk.pem has no PEM certificate"},
		{list("--addr", "nowhere"), "", `--addr: address "nowhere"`},
		{list(), "AION_ADDR=nowhere", `AION_ADDR: address "nowhere"`},
		{list("--token", "a\nb"), "", "--token: the token has"},
		{list(), "AION_TOKEN=a\nb", "AION_TOKEN: the token has"},
		{[]string{"cancel", "w", "--request-id", "a\nb"}, "", "--request-id has to be"},
		{[]string{"cancel", "w", "--request-id", strings.Repeat("a", 201)}, "", "--request-id has to be"},
		{[]string{"result", "w", "--timeout", "soon"}, "", `"soon"`},

		{serve("--config", "nowhere"), "", "nowhere: cannot be read"},
		{serve("--config", "folder"), "", "folder: cannot be read"},
		{serve("--config", "unknown.toml"), "", "unknown.toml:2: http.adress: unknown key"},
		{serve("--config", "broken.toml"), "", "broken.toml:1"},
		{serve("--config", "duration.toml"), "", "duration.toml:2"},
		{serve("--config", "binary.toml"), "", "binary.toml:1"},
		{serve(), "AION_CONFIG=nowhere", "nowhere: cannot be read"},
		{serve(), "AION_CONFIG=unknown.toml", "unknown.toml:2"},
		{serve("--drain-timeout", "soon"), "", `"soon" is not a duration`},
		{serve("--tls-cert-file", "nowhere", "--tls-key-file", "nowhere"), "", "tls.cert_file: nowhere"},
		{serve("--tls-cert-file", "junk.pem", "--tls-key-file", "junk.pem"), "", "tls.cert_file: junk.pem"},
		{serve("--node-id", ".a"), "", `node.id: ".a"`},
		{serve("--http-address", "127.0.0.1:0", "--http-advertise", "127.0.0.1:1", "--data-dir", filepath.Join("junk.pem", "data")), "", "node.data_dir: "},
	} {
		name, value, _ := strings.Cut(test.env, "=")
		var out, errs bytes.Buffer
		a := &app{in: strings.NewReader(""), out: &out, err: &errs, environ: func(of string) string {
			if of == name {
				return value
			}
			return ""
		}}
		status := a.run(t.Context(), test.args)
		said := errs.String()
		if status != exitUsage || !strings.Contains(said, test.wants) || !strings.HasPrefix(said, "error[") || !strings.Contains(said, "\nhint: ") || out.Len() > 0 {
			t.Errorf("%q %s: status %d\n%s%s", test.args, test.env, status, out.String(), said)
		}
	}
}
