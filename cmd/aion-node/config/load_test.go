package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func load(t *testing.T, file string, environ []string, args ...string) (Config, error) {
	t.Helper()
	path := ""
	if file != "" {
		path = filepath.Join(t.TempDir(), "aion.toml")
		if err := os.WriteFile(path, []byte(file), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	AddFlags(fs)
	if err := fs.Parse(args); err != nil {
		return Config{}, err
	}
	c, _, err := Load(Sources{File: path, Environ: environ, Flags: fs})
	return c, err
}

func TestFlagWinsOverVariableOverFile(t *testing.T) {
	file := "[http]\naddress = '127.0.0.1:1001'\n[raft]\naddress = '127.0.0.1:1002'\n[gossip]\naddress = '127.0.0.1:1003'\n[drain]\ntimeout = '1m'\n"
	env := []string{"AION_RAFT_ADDRESS=127.0.0.1:2002", "AION_GOSSIP_ADDRESS=127.0.0.1:2003", "PATH=/bin", "AION_ADDR=elsewhere:1"}
	c, err := load(t, file, env, "--gossip-address", "127.0.0.1:3003")
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTP.Address != "127.0.0.1:1001" || c.Raft.Address != "127.0.0.1:2002" || c.Gossip.Address != "127.0.0.1:3003" {
		t.Errorf("got %v %v %v", c.HTTP, c.Raft, c.Gossip)
	}
	if c.HTTP.Advertise != c.HTTP.Address {
		t.Errorf("advertised %q", c.HTTP.Advertise)
	}
	if c.Drain.Timeout.Duration != time.Minute {
		t.Errorf("drain.timeout is %s", c.Drain.Timeout)
	}
}

// Every key can be set from every source, and takes effect.
func TestEveryKeyFromEverySource(t *testing.T) {
	values := map[string]string{
		"text": "x", "number": "2048", "duration": "7s", "switch": "true", "list": "a:1,b:2",
		"raft.log_store": "bolt", "log.level": "debug", "log.format": "json", "gossip.key": "MDEyMzQ1Njc4OWFiY2RlZg==",
		"auth.tokens": "ci:write:0123456789abcdef", "auth.algorithms": "PS256,ES384", "auth.jwks_refresh": "1m0s", "auth.jwt_grants": "sub=ci: read,groups=ops: operate", "auth.certificates": "cn=ci: read,dns=b.example: work", "cluster.bootstrap_expect": "3", "limits.turns": "4", "limits.backtest_cpu": "50",
		"deploy.check_memory_bytes": "536870912", "deploy.max_changes": "64", "deploy.max_change_bytes": "131072", "limits.history_bytes": "131072", "limits.memory_bytes": "1048576", "limits.resident_bytes": "1048576",
		"raft.log_bytes": "134217728", "cluster.join_token": "0a1b.secret", "otel.endpoint": "http://127.0.0.1:4318", "otel.sample": "0.5", "audit.file_bytes": "1048576", "audit.webhook": "https://a.example/x", "backup.at_once": "4", "backup.bytes_per_second": "65536",
	}
	jwt := []string{"AION_AUTH_JWKS=keys.json", "AION_AUTH_ISSUER=https://id.example", "AION_AUTH_AUDIENCE=aion", "AION_AUTH_GRANTS_CLAIM=grants"}
	for _, k := range Keys() {
		value, ok := values[k.Name]
		if !ok {
			value = values[k.Kind()]
		}
		if strings.HasSuffix(k.Name, "address") || strings.HasSuffix(k.Name, "advertise") {
			value = "127.0.0.1:4711"
		}
		if k.Name == "http.hosts" {
			value = "a.example,::1"
		}
		// These keys only make sense together.
		var more []string
		switch k.Name {
		case "tls.cert_file", "tls.ca_file":
			more = []string{"AION_TLS_KEY_FILE=k", "AION_TLS_CERT_FILE=x"}
		case "tls.key_file":
			more = []string{"AION_TLS_CERT_FILE=c"}
		case "cluster.bootstrap_expect":
			more = []string{"AION_CLUSTER_JOIN=a:1"}
		case "auth.jwks":
			more = jwt[1:]
		case "auth.issuer", "auth.audience", "auth.grants_claim", "auth.jwt_grants":
			more = slices.DeleteFunc(slices.Clone(jwt), func(v string) bool { return strings.HasPrefix(v, k.Variable()+"=") })
		case "auth.certificates":
			more = []string{"AION_TLS_CLIENT_CA_FILE=c", "AION_TLS_KEY_FILE=k", "AION_TLS_CERT_FILE=x"}
		case "tls.client_ca_file":
			more = []string{"AION_AUTH_CERTIFICATES=cn=ci: read", "AION_TLS_KEY_FILE=k", "AION_TLS_CERT_FILE=x"}
		case "audit.webhook_token":
			more = []string{"AION_AUDIT_WEBHOOK=https://a.example"}
		}
		section, name, _ := strings.Cut(k.Name, ".")
		quoted := value
		switch k.Kind() {
		case "text", "duration":
			quoted = "'" + value + "'"
		case "list":
			quoted = "['" + strings.ReplaceAll(value, ",", "','") + "']"
		}
		for source, get := range map[string]func() (Config, error){
			"file":     func() (Config, error) { return load(t, "["+section+"]\n"+name+" = "+quoted+"\n", more) },
			"variable": func() (Config, error) { return load(t, "", append([]string{k.Variable() + "=" + value}, more...)) },
			"flag":     func() (Config, error) { return load(t, "", more, "--"+k.Flag()+"="+value) },
			"dotted":   func() (Config, error) { return load(t, "", more, "--"+k.Name+"="+value) },
		} {
			c, err := get()
			if err != nil {
				t.Errorf("%s from %s: %v", k.Name, source, err)
				continue
			}
			if got := show(k.of(&c)); got != value {
				t.Errorf("%s from %s is %q, want %q", k.Name, source, got, value)
			}
		}
	}
}

func TestBootstrapExpectFollowsJoin(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want int
	}{
		{nil, 1},
		{[]string{"--join", "a:7602,b:7602"}, 0},
		{[]string{"--join", "a:7602", "--join", "b:7602", "--bootstrap-expect", "3"}, 3},
	} {
		c, err := load(t, "", nil, tt.args...)
		if err != nil {
			t.Fatal(err)
		}
		if c.Cluster.BootstrapExpect != tt.want {
			t.Errorf("%v: bootstrap_expect is %d, want %d", tt.args, c.Cluster.BootstrapExpect, tt.want)
		}
	}
}

func TestErrorsNameTheKey(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		environ    []string
		args       []string
		want       []string
	}{
		{name: "unknown key in the file", file: "[http]\nadress = 'x:1'\n", want: []string{"aion.toml:2", "http.adress", "unknown key", "address, advertise"}},
		{name: "unknown section", file: "\n[htpp]\naddress = 'x:1'\n", want: []string{"aion.toml:", "htpp", "the sections are node, http"}},
		{name: "two unknown keys", file: "[http]\na = 1\nb = 2\n", want: []string{"http.a:", "http.b:"}},
		{name: "wrong type in the file", file: "[deploy]\nmax_entries = 'many'\n", want: []string{"aion.toml:2", "deploy.max_entries"}},
		{name: "bad duration in the file", file: "[drain]\ntimeout = 'soon'\n", want: []string{"aion.toml:2", "drain.timeout", `"soon" is not a duration`}},
		{name: "no TOML", file: "[http\n", want: []string{"aion.toml:1"}},
		{name: "unknown variable", environ: []string{"AION_HTTP_ADRESS=x"}, want: []string{"AION_HTTP_ADRESS: unknown variable", "address, advertise"}},
		{name: "bad number in a variable", environ: []string{"AION_LIMITS_STEPS=lots"}, want: []string{"AION_LIMITS_STEPS", "limits.steps", `"lots" is not a whole number`}},
		{name: "bad flag", args: []string{"--drain-timeout=soon"}, want: []string{"--drain-timeout", `"soon" is not a duration`}},
		{name: "unknown flag", args: []string{"--http-adress=x"}, want: []string{"--http-adress"}},
		{name: "no port", args: []string{"--http-address=localhost"}, want: []string{`http.address: "localhost" is not host:port`}},
		{name: "wildcard", args: []string{"--raft-address=0.0.0.0:1", "--insecure"}, want: []string{"raft.advertise: is needed"}},
		{name: "advertised wildcard", args: []string{"--raft-advertise=:1"}, want: []string{"raft.advertise: \":1\" names no host"}},
		{name: "exposed http", args: []string{"--http-address=10.0.0.1:1"}, want: []string{"http.address", "tls.cert_file", "--insecure"}},
		{name: "exposed raft", args: []string{"--raft-address=10.0.0.1:1"}, want: []string{"raft.address", "tls.ca_file"}},
		{name: "exposed gossip", args: []string{"--gossip-address=10.0.0.1:1"}, want: []string{"gossip.address", "gossip.key", "--insecure"}},
		{name: "join nobody", args: []string{"--bootstrap-expect=3"}, want: []string{"cluster.join: is empty"}},
		{name: "only join nobody", args: []string{"--bootstrap-expect=0"}, want: []string{"cluster.bootstrap_expect: is 0"}},
		{name: "too many", args: []string{"--bootstrap-expect=99", "--join=a:1"}, want: []string{"cluster.bootstrap_expect: 99 is not within"}},
		{name: "half a certificate", args: []string{"--tls-cert-file=c"}, want: []string{"tls.cert_file: and tls.key_file"}},
		{name: "short secret", args: []string{"--auth-tokens=ci:write:hush"}, want: []string{"auth.tokens: item 1 (ci)", "at least 16"}},
		{name: "neither none nor enough", args: []string{"--limits-resident-bytes=1000"}, want: []string{`limits.resident_bytes`, `neither 0 nor at least 1048576`}},
		{name: "role", args: []string{"--auth-tokens=ci:root:0123456789abcdef"}, want: []string{`its role is none of`}},
		{name: "log level", args: []string{"--log-level=loud"}, want: []string{`log.level: "loud" is not one of trace`}},
		{name: "limit", args: []string{"--limits-steps=0"}, want: []string{"limits.steps: 0 is not within"}},
		{name: "long lease", args: []string{"--limits-lease=25h"}, want: []string{"limits.lease: 25h0m0s is not within 1s to 24h"}},
		{name: "no time to answer", args: []string{"--limits-query-timeout=0s"}, want: []string{"limits.query_timeout: 0s is not within 1ms to 1m"}},
		{name: "fewer in flight than computed", args: []string{"--limits-turns=8", "--limits-in-flight=4"}, want: []string{"limits.in_flight: 4 is not within 8 to"}},
		{name: "exposed profiles", args: []string{"--debug-pprof-address=0.0.0.0:1"}, want: []string{"debug.pprof_address", "not on loopback"}},
		{name: "two at once", args: []string{"--log-level=loud", "--log-format=xml"}, want: []string{"log.level", "log.format"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.file, tt.environ, tt.args...)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error does not say %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	for _, tokens := range []string{"ci:root:0123456789abcdef", "0123456789abcdef"} {
		_, err := load(t, "", nil, "--auth-tokens="+tokens)
		if err == nil || strings.Contains(err.Error(), "0123456789abcdef") {
			t.Errorf("error is %v", err)
		}
	}
}

// of returns what c holds under the key.
func (k Key) of(c *Config) any { return reflect.ValueOf(c).Elem().FieldByIndex(k.field).Interface() }

func TestParseToken(t *testing.T) {
	const secret = "0123456789abcdef"
	for item, want := range map[string]Token{
		"ci:write:" + secret:                   {Name: "ci", Role: RoleWrite, Secret: secret},
		"ci:read:" + secret + ":x":             {Name: "ci", Role: RoleRead, Secret: secret + ":x"},
		"ci:ephemeral:" + secret:               {Name: "ci", Role: RoleEphemeral, Secret: secret, Versions: 10, Bytes: 64 << 20},
		"ci:ephemeral/3:" + secret:             {Name: "ci", Role: RoleEphemeral, Secret: secret, Versions: 3, Bytes: 64 << 20},
		"ci:ephemeral/3/512KiB:" + secret:      {Name: "ci", Role: RoleEphemeral, Secret: secret, Versions: 3, Bytes: 512 << 10},
		"ci:ephemeral/3/1000:" + secret:        {Name: "ci", Role: RoleEphemeral, Secret: secret, Versions: 3, Bytes: 1000},
		"ci:write/3:" + secret:                 {},
		"ci:root:" + secret:                    {},
		"ci:ephemeral/0:" + secret:             {},
		"ci:ephemeral/x:" + secret:             {},
		"ci:ephemeral/1/many:" + secret:        {},
		"ci:ephemeral/1/2/3:" + secret:         {},
		"ci:" + secret:                         {},
		":write:" + secret:                     {},
		"ci:ephemeral/1/99999999GiB:" + secret: {Name: "ci", Role: RoleEphemeral, Secret: secret, Versions: 1, Bytes: 99999999 << 30},
	} {
		got, err := ParseToken(item)
		if (err == nil) != (want.Name != "") || err == nil && got != want {
			t.Errorf("%s: got %+v, %v, want %+v", item, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows the secret: %v", item, err)
		}
	}
}
