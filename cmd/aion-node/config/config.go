package config

import (
	"fmt"
	"time"
)

// Config is the configuration of a node. The toml tags are the names of the keys; --help and
// docs/CONFIGURATION.md show the help tags.
type Config struct {
	Node    Node    `toml:"node"`
	HTTP    HTTP    `toml:"http"`
	Raft    Raft    `toml:"raft"`
	Disk    Disk    `toml:"disk"`
	Gossip  Gossip  `toml:"gossip"`
	Cluster Cluster `toml:"cluster"`
	Auth    Auth    `toml:"auth"`
	Audit   Audit   `toml:"audit"`
	TLS     TLS     `toml:"tls"`
	Deploy  Deploy  `toml:"deploy"`
	Limits  Limits  `toml:"limits"`
	Backup  Backup  `toml:"backup"`
	Drain   Drain   `toml:"drain"`
	Log     Log     `toml:"log"`
	Otel    Otel    `toml:"otel"`
	Debug   Debug   `toml:"debug"`
}

// Node configures this one process.
type Node struct {
	ID       string `toml:"id" help:"name of this node in the cluster; made up and kept in the data folder when empty"`
	DataDir  string `toml:"data_dir" help:"folder for everything that this node keeps"`
	Insecure bool   `toml:"insecure" help:"listen beyond loopback without TLS and tokens"`
}

// HTTP configures how callers reach the node.
type HTTP struct {
	Address   string `toml:"address" help:"host:port on which to serve callers"`
	Advertise string `toml:"advertise" help:"host:port at which callers and other nodes reach http.address; http.address when empty"`

	Hosts []string `toml:"hosts" help:"names and addresses without port, besides loopback and http.advertise, that callers may give as Host while there are no auth.tokens: those of a port map or a proxy; * is any"`
	Hot   bool     `toml:"hot" help:"serve the hot face too, at the same address: gRPC for what programs call most (docs/HOT.md)"`
}

// Raft configures how other nodes reach the node.
type Raft struct {
	Address   string `toml:"address" help:"host:port on which to serve the other nodes: log, archives and node calls"`
	Advertise string `toml:"advertise" help:"host:port at which other nodes reach raft.address; raft.address when empty"`
	LogBytes  int64  `toml:"log_bytes" help:"bytes of the log: half may come after a snapshot, half is kept behind it for nodes that were away"`
	LogStore  string `toml:"log_store" help:"how the log is kept on disk: bolt or wal; fixed once the data folder exists"`
}

// Disk configures how much free space the node keeps on the data folder's disk.
type Disk struct {
	WarnBytes  int64    `toml:"warn_bytes" help:"free bytes below which the node warns; 0 is twice disk.full_bytes"`
	FullBytes  int64    `toml:"full_bytes" help:"free bytes below which nothing new is begun: no starts, no fires of schedules, no deploys; runs under way go on; 0 is 5 % of the disk, within 256 MiB (a third of a smaller disk) to 4 GiB"`
	ScrubEvery Duration `toml:"scrub_every" help:"how often the node reads all its archives again, slowly, to find what the disk has changed, and fetches that from another node; never when 0"`
	Reserve    int64    `toml:"reserve_bytes" help:"bytes that the file reserve in the data folder keeps back, given up when the disk is all but full; none on a disk of less than sixteen times as many, and where 0"`
}

// Gossip configures how nodes find each other's addresses.
type Gossip struct {
	Address   string `toml:"address" help:"host:port (TCP and UDP) on which nodes find each other"`
	Advertise string `toml:"advertise" help:"host:port at which other nodes reach gossip.address; gossip.address when empty"`
	Key       string `toml:"key" help:"base64 of 16, 24 or 32 bytes that encrypt gossip, the same on every node; plain when empty, which only loopback may be"`
}

// Cluster configures how the node becomes a member.
type Cluster struct {
	BootstrapExpect int      `toml:"bootstrap_expect" help:"how many nodes form a new cluster together; 0 only joins; 1 when nothing is given, 0 when only cluster.join is"`
	Join            []string `toml:"join" help:"gossip addresses of some or all members, this node's own too if that is easier"`
	JoinToken       string   `toml:"join_token" help:"lets this node join a cluster with TLS or tokens if no certificate names it: what aion-node cluster join-token printed"`
	Name            string   `toml:"name" help:"what the cluster is called, the same on every node: nodes with different names never talk; the CLUSTER of node certificates"`
	PromoteAfter    Duration `toml:"promote_after" help:"how long a node that joined must have been reached and caught up before it votes"`
	MaxClockSkew    Duration `toml:"max_clock_skew" help:"a node whose clock differs from the median of the voters by more does not lead, and log time makes no longer step without a majority or an operator; at least 1s"`
	MaxClockStep    Duration `toml:"max_clock_step" help:"longest step of log time at a start that the only voter makes by its own clock; a longer one has to be confirmed"`
	HoldLevel       bool     `toml:"hold_level" help:"true keeps the cluster from raising the level of its state, and with that the way back to an older build open, as long as any member has it"`
}

// Otel configures OpenTelemetry traces.
type Otel struct {
	Endpoint string `toml:"endpoint" help:"URL of a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318, for traces of calls, entries, turns and activities; none when empty"`
	Sample   string `toml:"sample" help:"share of runs and calls that are traced, above 0 to 1; a call that comes with a sampled traceparent always is"`
}

// Auth configures who may call.
type Auth struct {
	Tokens []string `toml:"tokens" help:"NAME:ROLE:SECRET each; ROLE is write, read or ephemeral, which only starts runs on code that comes along and goes again: ephemeral/VERSIONS/BYTES at a time, 10 and 64MiB when not given. They are known to this node alone; aion-node token create makes those that all nodes know. Without any of both, a node on loopback lets everybody do everything"`

	JWKS        string   `toml:"jwks" help:"JWK set, a file or an https URL, by whose keys bearer tokens are signed that others issue (JWT); none count when empty"`
	Issuer      string   `toml:"issuer" help:"iss of JWTs"`
	Audience    []string `toml:"audience" help:"aud of JWTs has to hold one of these"`
	Algorithms  []string `toml:"algorithms" help:"signatures of JWTs that count: of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA"`
	ClockSkew   Duration `toml:"clock_skew" help:"by which clocks of issuers may differ from this node's, at most 5m"`
	JWKSRefresh Duration `toml:"jwks_refresh" help:"how often auth.jwks is read again; a JWT with an unknown key makes it be read at once, but not within 30s"`
	GrantsClaim string   `toml:"grants_claim" help:"claim of JWTs that holds grants, as a list or separated by spaces"`
	JWTGrants   []string `toml:"jwt_grants" help:"CLAIM=VALUE: GRANT... each: what JWTs may do whose claim is, or holds, the value, besides auth.grants_claim"`

	Certificates []string `toml:"certificates" help:"KIND=NAME: GRANT... each, KIND being cn, dns, uri or email: what callers may do with a client certificate of that name; needs tls.client_ca_file"`
}

// Audit configures who is told what callers did.
type Audit struct {
	File      string `toml:"file" help:"file of this node that gets a line of JSON for each mutation and each call turned away; audit.jsonl in the data folder when empty and audit.webhook is given, none when both are empty"`
	FileBytes int64  `toml:"file_bytes" help:"size beyond which a new file is begun, the old one with its time in the name; 0 = never, for whoever has logrotate"`
	FileKeep  int64  `toml:"file_keep" help:"how many of the older files are kept"`
	Strangers int64  `toml:"strangers" help:"how many calls of unknown callers get a line of their own within a second; all others of that second share one"`
	Webhook   string `toml:"webhook" help:"URL to which the lines are posted, as application/x-ndjson, in order, each at least once; what it does not accept is sent again for as long as the file has it"`
	Secret    string `toml:"webhook_token" help:"bearer token for audit.webhook"`
	Strict    bool   `toml:"strict" help:"refuse mutations (unavailable) while the file cannot be written; false = go on, and lines beyond 10,000 are lost"`
}

// TLS configures the node's certificate. One certificate serves callers and other nodes.
type TLS struct {
	CertFile string `toml:"cert_file" help:"PEM certificate of this node, for callers and for other nodes"`
	KeyFile  string `toml:"key_file" help:"PEM key of tls.cert_file"`
	CAFile   string `toml:"ca_file" help:"PEM certificates that the other nodes' certificates must descend from"`

	ClientCAFile string `toml:"client_ca_file" help:"PEM certificates that those of callers must descend from, see auth.certificates; read again when it changes. Callers without a certificate show a token"`

	NodeNames []string `toml:"node_names" help:"DNS names or common names of certificates that are nodes: ID=NAME is node ID's, NAME any node's; for certificates without a URI aion://CLUSTER/node/ID"`
}

// Deploy bounds packages.
type Deploy struct {
	MaxArchiveBytes  int64    `toml:"max_archive_bytes" help:"largest archive"`
	MaxInflatedBytes int64    `toml:"max_inflated_bytes" help:"largest sum of an archive's files, counted while inflating"`
	MaxEntries       int64    `toml:"max_entries" help:"most files in an archive"`
	MaxPatterns      int64    `toml:"max_patterns" help:"most instructions of all regular expressions in one input or output schema, as Go's regexp/syntax compiles them: about one a character, times the count of a repeat"`
	MaxChanges       int64    `toml:"max_changes" help:"most changes of one deployment"`
	MaxChangeBytes   int64    `toml:"max_change_bytes" help:"most bytes that the changes of one deployment may bring into the log: names, labels and descriptions of packages, inputs of schedules"`
	CheckTimeout     Duration `toml:"check_timeout" help:"longest time that compiling a new package may take"`
	CheckMemoryBytes int64    `toml:"check_memory_bytes" help:"most memory that compiling a new package may take, in a process of its own"`
}

// Limits bound runs.
type Limits struct {
	PayloadBytes   int64 `toml:"payload_bytes" help:"largest input, result, signal or query value"`
	HistoryEvents  int64 `toml:"history_events" help:"most events of a run"`
	HistoryBytes   int64 `toml:"history_bytes" help:"most bytes of a run's events"`
	LogBytes       int64 `toml:"log_bytes" help:"bytes that are kept of what the code of one run logs, the newest; 0 keeps nothing"`
	WaitingSignals int64 `toml:"waiting_signals" help:"most signals that a run has not seen yet"`
	ResetEvents    int64 `toml:"reset_events" help:"most events and turns that a reset or a fork keeps, together with the signals and updates that it delivers again"`
	ResetBytes     int64 `toml:"reset_bytes" help:"most bytes of these events"`
	Steps          int64 `toml:"steps" help:"most steps of workflow code in a turn"`
	MemoryBytes    int64 `toml:"memory_bytes" help:"most memory that an execution's values may take, by account"`
	Pending        int64 `toml:"pending" help:"most timers, children and activities that a run may have pending, each"`
	Resident       int64 `toml:"resident" help:"executions that the leader keeps in memory between turns; others are rebuilt by replay"`
	ResidentBytes  int64 `toml:"resident_bytes" help:"memory that those executions may take together, and a quarter as much those kept for queries; 0 is an eighth of the machine's, of its control group's, or of GOMEMLIMIT"`
	Turns          int64 `toml:"turns" help:"turns that the leader computes at once; 0 is one per CPU"`
	BacktestCPU    int64 `toml:"backtest_cpu" help:"percent of the machine's CPU that backtests may take together on this node, while it is idle; they take less on a busy one"`
	InFlight       int64 `toml:"in_flight" help:"turns that the leader computes or records at once"`
	Calls          int64 `toml:"calls" help:"most calls that do not wait served at a time"`
	WaitingCalls   int64 `toml:"waiting_calls" help:"most calls that wait (?wait=, polls for tasks) at a time; 0 is 50,000, or as many as fit into an eighth of the node's memory at 40 KiB each"`
	EventStreams   int64 `toml:"event_streams" help:"most streams of events at a time"`
	AgentMessages  int64 `toml:"agent_messages" help:"most messages of agents (/mcp) served at a time; each may hold its own bytes, and an answer of 4 MiB"`
	AgentBytes     int64 `toml:"agent_message_bytes" help:"largest message of an agent, which may be a project with all its files"`
	CallMemory     int64 `toml:"call_memory_bytes" help:"most memory that the bodies of all calls under way and their answers take together; 0 is a quarter of the machine's, of its control group's, or of GOMEMLIMIT"`
	Connections    int64 `toml:"connections" help:"most connections of callers at a time; 0 is as many as the process's limit of open files leaves room for"`
	BatchStarts    int64 `toml:"batch_starts" help:"most runs that one call may start"`
	Queries        int64 `toml:"queries" help:"executions that are kept in memory for queries"`
	RequestBytes   int64 `toml:"request_bytes" help:"most bytes of given request keys that the cluster remembers; lives in the cluster: a change in one node's file takes effect when that node starts"`

	TurnTimeout  Duration `toml:"turn_timeout" help:"longest time that computing one new turn may take, without what it waits for others; one that is shown again has ten times as long, each for itself; a run that takes longer three times is quarantined"`
	Foresight    Duration `toml:"foresight" help:"longest time that a start, an outcome, a signal or a timer is held up while the turn it leads to is computed, so that both are one entry of the log; 0 = turns are never made ahead"`
	QueryTimeout Duration `toml:"query_timeout" help:"longest time that a query may take, with the wait for its run's first turn"`
	Lease        Duration `toml:"lease" help:"how long a worker may be silent about a task where neither the activity nor the worker says"`
}

// Backup bounds the backups that this node makes.
type Backup struct {
	BytesPerSecond int64    `toml:"bytes_per_second" help:"most bytes that a backup sends in a second; 0 is as fast as its caller reads"`
	AtOnce         int64    `toml:"at_once" help:"most backups that are open at a time"`
	RestoreBytes   int64    `toml:"restore_bytes" help:"largest backup that is restored into the running cluster"`
	Keep           Duration `toml:"keep" help:"how long a backup that broke off stays open, so that it can go on; the disk keeps what the state gives up meanwhile"`
}

// Drain configures how the node stops.
type Drain struct {
	Timeout Duration `toml:"timeout" help:"how long calls under way may take to finish when the node stops"`
}

// Log configures what the node logs.
type Log struct {
	Level  string `toml:"level" help:"trace, debug, info, warn or error"`
	Format string `toml:"format" help:"text or json"`
}

// Debug is off by default.
type Debug struct {
	PprofAddress string `toml:"pprof_address" help:"loopback host:port on which to serve /debug/pprof/; off when empty"`
}

// Default returns the default Config: one durable node on loopback.
func Default() Config {
	return Config{
		Node:    Node{DataDir: "./aion-data"},
		HTTP:    HTTP{Address: "127.0.0.1:7600", Hot: true},
		Raft:    Raft{Address: "127.0.0.1:7601", LogBytes: 1 << 30, LogStore: "wal"},
		Gossip:  Gossip{Address: "127.0.0.1:7602"},
		Cluster: Cluster{BootstrapExpect: 1, PromoteAfter: Duration{10 * time.Second}, MaxClockSkew: Duration{5 * time.Second}, MaxClockStep: Duration{30 * 24 * time.Hour}},
		Deploy: Deploy{
			MaxArchiveBytes: 64 << 20, MaxInflatedBytes: 256 << 20, MaxEntries: 10_000, MaxPatterns: 3_000, MaxChanges: 100, MaxChangeBytes: 1 << 20,
			CheckTimeout: Duration{30 * time.Second}, CheckMemoryBytes: 1 << 30,
		},
		Limits: Limits{
			PayloadBytes: 2 << 20, HistoryEvents: 50_000, HistoryBytes: 64 << 20, LogBytes: 256 << 10, WaitingSignals: 10_000, ResetEvents: 15_000, ResetBytes: 8 << 20,
			Steps: 10_000_000, MemoryBytes: 64 << 20, Pending: 10_000,
			Resident: 10_000, InFlight: 4096, BacktestCPU: 25, BatchStarts: 1_000, Calls: 8_192, EventStreams: 1_000, AgentMessages: 64, AgentBytes: 4 << 20, Queries: 64, RequestBytes: 3 << 29,
			TurnTimeout: Duration{30 * time.Second}, Foresight: Duration{5 * time.Millisecond}, QueryTimeout: Duration{10 * time.Second}, Lease: Duration{5 * time.Minute},
		},
		Backup: Backup{AtOnce: 1, RestoreBytes: 256 << 30, Keep: Duration{10 * time.Minute}, BytesPerSecond: 64 << 20},
		Auth:   Auth{Algorithms: []string{"RS256", "ES256", "EdDSA"}, ClockSkew: Duration{30 * time.Second}, JWKSRefresh: Duration{10 * time.Minute}},
		Audit:  Audit{FileBytes: 64 << 20, FileKeep: 10, Strangers: 200, Strict: true},
		Drain:  Drain{Timeout: Duration{15 * time.Second}},
		Disk:   Disk{Reserve: 128 << 20, ScrubEvery: Duration{24 * time.Hour}},
		Log:    Log{Level: "info", Format: "text"},
		Otel:   Otel{Sample: "0.1"},
	}
}

// Duration is a duration in Go's notation, like "30s" or "5m".
type Duration struct{ time.Duration }

// UnmarshalText parses a Go duration string.
func (d *Duration) UnmarshalText(b []byte) (err error) {
	if d.Duration, err = time.ParseDuration(string(b)); err != nil {
		return fmt.Errorf("%q is not a duration like 30s or 5m", b)
	}
	return nil
}
