package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/cluster/nodeid"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/jwt"
	"github.com/hashicorp/go-hclog"
)

// Validate returns everything that is wrong with c, as joined *Errors. Load has called it.
func (c *Config) Validate() error {
	var v errorList
	v.addresses(c)
	v.cluster(c)
	v.hosts(c.HTTP.Hosts)
	v.auth(c.Auth)
	v.vouched(c)
	v.audit(c.Audit)
	v.tls(c.TLS)
	v.sizes(c)
	v.oneOf("raft.log_store", c.Raft.LogStore, "bolt", "wal")
	v.oneOf("log.level", c.Log.Level, "trace", "debug", "info", "warn", "error")
	v.oneOf("log.format", c.Log.Format, "text", "json")
	v.otel(c.Otel)
	if c.Disk.ScrubEvery.Duration < 0 {
		v.add("disk.scrub_every", "%s is negative", c.Disk.ScrubEvery)
	}
	if c.Node.DataDir == "" {
		v.add("node.data_dir", "is empty")
	}
	if len(v) == 0 { // only a valid configuration can be judged safe or not
		v.exposure(c)
	}
	return errors.Join(v...)
}

// Hclog returns the level in the logger's type.
func (l Log) Hclog() hclog.Level { return hclog.LevelFromString(l.Level) }

// errorList collects errors.
type errorList []error

func (v *errorList) add(key, format string, args ...any) {
	*v = append(*v, &Error{Key: key, Reason: fmt.Sprintf(format, args...)})
}

func (v *errorList) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		v.add(key, "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
}

func (v *errorList) cluster(c *Config) {
	const most = 9 // voters: more of them make every commit slower, and nothing safer
	n, join := c.Cluster.BootstrapExpect, c.Cluster.Join
	switch {
	case n < 0 || n > most:
		v.add("cluster.bootstrap_expect", "%d is not within 0 to %d", n, most)
	case n == 0 && len(join) == 0:
		v.add("cluster.bootstrap_expect", "is 0, so this node only joins, but cluster.join names nobody")
	case n > 1 && len(join) == 0:
		v.add("cluster.join", "is empty, but cluster.bootstrap_expect waits for %d nodes to find each other", n)
	}
	for _, a := range join {
		if err := checkReachable(a); err != nil {
			v.add("cluster.join", "%s", err)
		}
	}
	if token := c.Cluster.JoinToken; token != "" {
		if id, secret, ok := strings.Cut(token, "."); !ok || id == "" || secret == "" || len(token) > 255 {
			v.add("cluster.join_token", "is not what aion-node cluster join-token prints: ID.SECRET")
		}
	}
	if name := c.Cluster.Name; len(name) > 63 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
		v.add("cluster.name", "%q: a name has at most 63 characters of A-Z a-z 0-9 . _ -", name)
	}
	if c.Cluster.PromoteAfter.Duration <= 0 {
		v.add("cluster.promote_after", "%s is not above 0", c.Cluster.PromoteAfter)
	}
	// Clocks are compared over the network: a bound as small as its delays would find every clock
	// wrong.
	if d := c.Cluster.MaxClockSkew.Duration; d < time.Second || d > time.Hour {
		v.add("cluster.max_clock_skew", "%s is not within 1s to 1h", d)
	}
	if d := c.Cluster.MaxClockStep.Duration; d < c.Cluster.MaxClockSkew.Duration {
		v.add("cluster.max_clock_step", "%s is less than cluster.max_clock_skew", d)
	}
	if id := c.Node.ID; id != "" && !nodeid.Valid(id) {
		v.add("node.id", "%q: an id has at most 63 characters of A-Z a-z 0-9 . _ -, beginning with a letter or digit", id)
	}
	if key, err := base64.StdEncoding.DecodeString(c.Gossip.Key); err != nil || !slices.Contains([]int{0, 16, 24, 32}, len(key)) {
		v.add("gossip.key", "is not the base64 of 16, 24 or 32 bytes")
	}
}

func (v *errorList) auth(a Auth) {
	seen := map[string]bool{}
	for i, item := range a.Tokens {
		switch t, err := ParseToken(item); {
		case err != nil:
			v.add("auth.tokens", "item %d %s", i+1, err)
		case len(t.Secret) < 16:
			v.add("auth.tokens", "item %d (%s): the secret has %d characters, at least 16 are wanted", i+1, t.Name, len(t.Secret))
		case seen[t.Name]:
			v.add("auth.tokens", "item %d: the name %q is taken by another token", i+1, t.Name)
		default:
			seen[t.Name] = true
		}
	}
}

// jwtSettings names the settings of jwt.Config.
var jwtSettings = map[string]string{
	"JWKS": "auth.jwks", "Issuer": "auth.issuer", "Audience": "auth.audience", "Algorithms": "auth.algorithms", "Skew": "auth.clock_skew", "Refresh": "auth.jwks_refresh",
	"Claim": "auth.grants_claim", "Rules": "auth.jwt_grants",
}

// vouched rejects what would let in whom nobody vouches for.
func (v *errorList) vouched(c *Config) {
	a := c.Auth
	if a.JWKS != "" {
		j := a.JWT()
		for _, err := range unwrapped(j.Validate()) {
			if flaw, ok := errors.AsType[*jwt.Flaw](err); ok {
				v.add(jwtSettings[flaw.Setting], "%s", flaw.Reason)
			}
		}
	} else if a.Issuer != "" || len(a.Audience) > 0 || a.GrantsClaim != "" || len(a.JWTGrants) > 0 {
		v.add("auth.jwks", "is missing: without keys no JWT counts, whatever the settings beside it say")
	}
	for i, text := range a.Certificates {
		if _, err := transport.ParseCertificateRule(text); err != nil {
			v.add("auth.certificates", "item %d %v", i+1, err)
		}
	}
	switch {
	case len(a.Certificates) > 0 && c.TLS.ClientCAFile == "":
		v.add("auth.certificates", "need tls.client_ca_file: who vouches for them?")
	case c.TLS.ClientCAFile != "" && len(a.Certificates) == 0:
		v.add("tls.client_ca_file", "needs auth.certificates: what may its holders do?")
	case c.TLS.ClientCAFile != "" && c.TLS.CertFile == "":
		v.add("tls.client_ca_file", "is given without tls.cert_file and tls.key_file")
	}
}

func unwrapped(err error) []error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		return all.Unwrap()
	}
	return nil
}

// JWT is how tokens are verified that others issue.
func (a *Auth) JWT() jwt.Config {
	return jwt.Config{
		JWKS: a.JWKS, Issuer: a.Issuer, Audience: a.Audience, Algorithms: a.Algorithms, Skew: a.ClockSkew.Duration, Refresh: a.JWKSRefresh.Duration, Claim: a.GrantsClaim, Rules: a.JWTGrants,
	}
}

func (v *errorList) tls(t TLS) {
	if (t.CertFile == "") != (t.KeyFile == "") {
		v.add("tls.cert_file", "and tls.key_file go together: give both or none")
	}
	for _, name := range t.NodeNames {
		if id, of, bound := strings.Cut(name, "="); name == "" || bound && (id == "" || of == "") {
			v.add("tls.node_names", "%q is neither NAME nor ID=NAME", name)
		}
	}
	if t.CAFile != "" && t.CertFile == "" {
		v.add("tls.ca_file", "is given without tls.cert_file and tls.key_file")
	}
}

// sizes rejects limits that nothing could meet, or that bound nothing.
func (v *errorList) sizes(c *Config) {
	for _, s := range []struct {
		key         string
		value       int64
		least, most int64
	}{
		{"deploy.max_archive_bytes", c.Deploy.MaxArchiveBytes, 1 << 10, 1 << 30},
		{"deploy.max_inflated_bytes", c.Deploy.MaxInflatedBytes, 1 << 10, 1 << 30},
		{"deploy.max_entries", c.Deploy.MaxEntries, 2, 1 << 16},
		{"deploy.max_patterns", c.Deploy.MaxPatterns, 100, 1 << 20},
		{"deploy.max_changes", c.Deploy.MaxChanges, 1, 256},
		{"deploy.max_change_bytes", c.Deploy.MaxChangeBytes, 64 << 10, 4 << 20},
		{"deploy.check_memory_bytes", c.Deploy.CheckMemoryBytes, 256 << 20, 1 << 40},
		{"limits.payload_bytes", c.Limits.PayloadBytes, 1 << 10, 8 << 20},
		{"limits.history_events", c.Limits.HistoryEvents, 100, 10_000_000},
		{"limits.history_bytes", c.Limits.HistoryBytes, 64 << 10, 4 << 30},
		{"limits.log_bytes", c.Limits.LogBytes, 0, 16 << 20},
		{"limits.waiting_signals", c.Limits.WaitingSignals, 1, 1_000_000},
		{"limits.reset_events", c.Limits.ResetEvents, 1, 15_000},
		{"limits.reset_bytes", c.Limits.ResetBytes, 1 << 10, 8 << 20},
		{"limits.steps", c.Limits.Steps, 1_000, 1_000_000_000_000},
		{"limits.memory_bytes", c.Limits.MemoryBytes, 1 << 20, 16 << 30},
		{"limits.pending", c.Limits.Pending, 1, 1_000_000},
		{"limits.resident", c.Limits.Resident, 1, 10_000_000},
		{"limits.resident_bytes", c.Limits.ResidentBytes, 0, 1 << 40},
		{"limits.turns", c.Limits.Turns, 0, 1024},
		{"limits.batch_starts", c.Limits.BatchStarts, 1, 10_000},
		{"limits.backtest_cpu", c.Limits.BacktestCPU, 1, 100},
		{"limits.in_flight", c.Limits.InFlight, max(1, c.Limits.Turns), 1 << 20},
		{"audit.file_bytes", c.Audit.FileBytes, 0, 1 << 40},
		{"audit.strangers", c.Audit.Strangers, 1, 1_000_000},
		{"audit.file_keep", c.Audit.FileKeep, 0, 10_000},
		{"raft.log_bytes", c.Raft.LogBytes, 128 << 20, 1 << 40},
		{"disk.warn_bytes", c.Disk.WarnBytes, 0, 1 << 50},
		{"disk.full_bytes", c.Disk.FullBytes, 0, 1 << 50},
		{"disk.reserve_bytes", c.Disk.Reserve, 0, 1 << 40},
		{"backup.bytes_per_second", c.Backup.BytesPerSecond, 0, 1 << 40},
		{"backup.restore_bytes", c.Backup.RestoreBytes, 1 << 10, 1 << 50},
		{"backup.at_once", c.Backup.AtOnce, 1, 16},
		{"limits.calls", c.Limits.Calls, 1, 1 << 20},
		{"limits.waiting_calls", c.Limits.WaitingCalls, 0, 1 << 20},
		{"limits.event_streams", c.Limits.EventStreams, 1, 1 << 20},
		{"limits.agent_messages", c.Limits.AgentMessages, 1, 1 << 16},
		{"limits.agent_message_bytes", c.Limits.AgentBytes, 1 << 10, 64 << 20},
		{"limits.call_memory_bytes", c.Limits.CallMemory, 0, 1 << 50},
		{"limits.connections", c.Limits.Connections, 0, 1_000_000},
		{"limits.queries", c.Limits.Queries, 1, 1 << 20},
		{"limits.request_bytes", c.Limits.RequestBytes, 1 << 10, 1 << 40},
	} {
		if s.value < s.least || s.value > s.most {
			v.add(s.key, "%d is not within %d to %d", s.value, s.least, s.most)
		}
	}
	if n := c.Limits.ResidentBytes; n > 0 && n < 1<<20 {
		v.add("limits.resident_bytes", "%d is neither 0 nor at least %d", n, 1<<20)
	}
	if n := c.Backup.BytesPerSecond; n > 0 && n < 64<<10 { // callers give a silent node up
		v.add("backup.bytes_per_second", "%d is neither 0 nor at least %d", n, 64<<10)
	}
	for _, d := range []struct {
		key         string
		value       Duration
		least, most time.Duration
	}{
		{"deploy.check_timeout", c.Deploy.CheckTimeout, time.Second, 10 * time.Minute},
		{"limits.turn_timeout", c.Limits.TurnTimeout, time.Second, time.Hour},
		{"limits.foresight", c.Limits.Foresight, 0, 10 * time.Second},
		{"limits.query_timeout", c.Limits.QueryTimeout, time.Millisecond, time.Minute},
		{"limits.lease", c.Limits.Lease, time.Second, 24 * time.Hour},
		{"backup.keep", c.Backup.Keep, time.Second, 24 * time.Hour},
		{"drain.timeout", c.Drain.Timeout, 0, time.Hour},
	} {
		if d.value.Duration < d.least || d.value.Duration > d.most {
			v.add(d.key, "%s is not within %s to %s", d.value, brief(d.least), brief(d.most))
		}
	}
}

// brief formats a duration in its largest whole unit.
func brief(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d >= unit.size {
			return strconv.FormatInt(int64(d/unit.size), 10) + unit.name
		}
	}
	if d == 0 {
		return "0s"
	}
	return d.String()
}

func (v *errorList) otel(o Otel) {
	if u, err := url.Parse(o.Endpoint); o.Endpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		v.add("otel.endpoint", "%q is not a URL such as http://127.0.0.1:4318", o.Endpoint)
	}
	if share, err := strconv.ParseFloat(o.Sample, 64); err != nil || !(share > 0 && share <= 1) {
		v.add("otel.sample", "%q is not a number above 0 and at most 1", o.Sample)
	}
}
