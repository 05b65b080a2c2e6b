package config

import (
	"strings"
	"testing"
)

func TestAuditIsChecked(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--audit-webhook=ftp://a.example", "audit.webhook"},
		{"--audit-webhook=a.example/x", "audit.webhook"},
		{"--audit-webhook=https://", "audit.webhook"},
		{"--audit-webhook=https://ada:secret@a.example/", "audit.webhook_token"},
		{"--audit-webhook=http://a.example --audit-webhook-token=hush", "in the clear"},
		{"--audit-webhook-token=hush", "without audit.webhook"},
		{"--audit-file-bytes=5", "audit.file_bytes"},
		{"--audit-file-keep=-1", "audit.file_keep"},
		{"--audit-webhook=http://127.0.0.1:9/x --audit-webhook-token=hush --audit-file-bytes=0", ""},
		{"--audit-webhook=http://[::1]:9/x --audit-webhook-token=hush", ""},
		{"--audit-file=/var/log/aion/audit.jsonl --audit-strict=false", ""},
	} {
		_, err := load(t, "", nil, strings.Fields(c.args)...)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.args, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret@") {
			t.Errorf("%s: the error shows the password: %v", c.args, err)
		}
	}
}
