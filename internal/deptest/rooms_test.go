package deptest

// room lists what one of our packages may import besides the standard library. A path ending in
// "/..." also covers what is below it.
type room struct {
	path   string   // below the module; "..." at the end covers what is below it
	ours   []string // our packages
	others []string // modules or packages of others; "*" = any without an owner
	why    string
}

// rooms lists every package, in the order of the house: each floor stands on those above it.
var rooms = []room{
	{"catalog", nil, []string{"github.com/gowebpki/jcs"}, "the catalog is plain values that the state machine applies: it knows nothing of ours"},
	{"catalog/project", []string{"catalog"}, []string{"github.com/pelletier/go-toml/v2"}, "the packer reads files and TOML, which fsm must never see through catalog"},
	{"fsm/cbor", nil, []string{"github.com/fxamacker/cbor/v2"}, "how values become bytes: it knows none of them, and nobody else below the engine asks the library"},
	{"fsm/history", []string{"catalog", "fsm/cbor"}, nil, "history is a leaf; it takes from catalog only the type of a version"},
	{"engine/runtime", []string{"catalog", "fsm/history", "internal/lru"}, nil, "runtime is what every language implements, so it may know none"},
	{"engine/runtime/starlark", []string{"catalog", "fsm/history", "engine/runtime", "internal/zones"}, []string{"go.starlark.net"}, "one language, reached only through runtime"},
	{"engine/runtime/starlark/startest", []string{"catalog", "fsm/history", "engine/runtime", "engine/runtime/starlark"}, []string{"go.starlark.net"},
		"the language of authors' tests; what they act upon is behind an interface, so it knows no engine"},
	{"engine/replay/runtimetest", []string{"catalog", "fsm/history", "engine/runtime", "engine/replay"}, []string{"go.uber.org/goleak"}, "the suite runs any language and may favour none"},
	{"engine/replay", []string{"catalog", "fsm/history", "engine/runtime"}, nil, "a turn is a pure function of history and program: no state, no log"},
	{"fsm/rows", []string{"catalog", "fsm/cbor", "fsm/history"}, nil,
		"what is stored is plain values and bytes: no database, no entry"},
	{"fsm/store", []string{"catalog", "fsm/rows"}, []string{"github.com/cockroachdb/pebble/v2"},
		"rows on a disk: it knows how an entry's changes stay together and no reason for any, and nobody else opens the database"},
	{"fsm", []string{"catalog", "fsm/history", "fsm/rows", "fsm/store"}, nil,
		"the state machine stands on plain values and the store of their rows alone: whatever else it could call might differ between nodes"},
	{"fsm/audit", []string{"catalog", "fsm/history", "fsm/rows", "fsm"}, nil,
		"it recounts the state for tests and for backup verify: it stands on the state machine, and no node knows of it"},
	{"engine/calendar", []string{"catalog", "fsm/history", "fsm", "fsm/rows", "internal/clip", "internal/zones"}, []string{"github.com/robfig/cron/v3"},
		"when a schedule fires follows from its definition: no engine, no log, no clock"},
	{"engine/desk", []string{"fsm/history", "fsm", "fsm/rows"}, nil, "who asks for how much follows from the state and from who waits: no engine, no log, nothing is proposed"},
	{"engine/backtest", []string{"catalog", "engine/replay", "engine/runtime", "fsm", "fsm/history", "fsm/rows", "internal/clip"}, nil,
		"what became of a history on other code follows from a view and a program: no engine, no log, nothing is proposed"},
	{"engine/schema", []string{"catalog", "internal/clip", "internal/lru"}, []string{"github.com/santhosh-tekuri/jsonschema/v6"},
		"whether a value fits follows from the schema: no engine, no state; archives are handed in"},
	{"internal/await", nil, nil, "test kits on every floor wait with it"},
	{"internal/want", nil, nil, "tests on every floor say with it what an error must be like"},
	{"internal/clip", nil, nil, "messages on every floor name what callers wrote"},
	{"internal/lru", nil, nil, "a bound on what is kept, wherever something is"},
	{"internal/lifecycle", nil, nil, "it is used on every floor"},
	{"internal/throttle", nil, nil, "lines of the log that strangers cause, in every room that strangers reach"},
	{"internal/zones", nil, nil, "the time zones of code and of schedules, which nothing of ours decides"},
	{"internal/faults", []string{"internal/faults/power"}, append([]string{"*", "github.com/cockroachdb/pebble/v2/vfs"}, replication...),
		"lies of clock and disk and losses of power, below the cluster, and nothing in a build without -tags aionfaults"},
	{"engine", []string{"catalog", "engine/backtest", "engine/calendar", "engine/desk", "fsm/history", "engine/runtime", "engine/replay", "engine/schema", "fsm", "fsm/rows", "internal/clip", "internal/lifecycle", "internal/lru"}, []string{"*"},
		"the engine sees replication through its own ports, languages through runtime, and is seen by cluster and transport"},
	{"engine/solo", []string{"catalog", "engine", "fsm/history", "fsm", "fsm/rows"}, []string{"github.com/cockroachdb/pebble/v2/vfs"},
		"the engine's ports on the real state machine, without a cluster; enginetest and the tests of workflow authors stand on it"},
	{"engine/enginetest", []string{"catalog", "engine", "fsm/history", "engine/runtime/...", "engine/solo", "fsm", "fsm/audit", "fsm/rows", "internal/await"}, []string{"*"},
		"the engine on the real state machine, without a cluster"},
	{"cluster/durable", []string{"internal/faults"}, nil, "every room of the cluster that writes files stands on it"},
	{"cluster/nodeid", nil, nil, "what a node may be called is asked in every room of the cluster"},
	{"cluster/folder", []string{"cluster/durable", "cluster/nodeid"}, []string{"github.com/hashicorp/go-hclog"},
		"a folder on one disk: it knows whose it is, and nothing of what is in it"},
	{"cluster/logstore", []string{"cluster/durable", "internal/faults", "internal/lifecycle"},
		[]string{"github.com/hashicorp/go-hclog", "github.com/hashicorp/raft", "github.com/hashicorp/raft-boltdb/v2", "github.com/hashicorp/raft-wal", "go.etcd.io/bbolt"},
		"a log on one disk: it knows no other node, and of the state only how far it is, as a number"},
	{"cluster/gossip", []string{"cluster/nodeid", "internal/lifecycle", "internal/throttle"},
		[]string{"github.com/hashicorp/go-hclog", "github.com/hashicorp/go-msgpack/v2/codec", "github.com/hashicorp/memberlist"},
		"gossip suggests addresses: it knows no raft, no state and no member"},
	{"cluster/port", []string{"cluster/nodeid", "engine", "internal/certs", "internal/throttle"},
		[]string{"github.com/hashicorp/go-hclog", "github.com/hashicorp/raft"},
		"the way between nodes: of the engine it knows the errors that have to survive it, of raft the messages"},
	{"cluster/blobs", []string{"catalog", "cluster/durable", "cluster/port", "engine", "internal/faults"},
		[]string{"github.com/hashicorp/go-hclog", "golang.org/x/sync"},
		"archives travel over the node port, which knows nothing of them; who is a member and what is named is told"},
	{"cluster/backup", []string{"catalog", "engine"}, []string{"github.com/google/uuid", "github.com/hashicorp/go-hclog"},
		"the file of a backup and who sends it: what is in a state it is handed, and which node has it, it does not know"},
	{"cluster", []string{"catalog", "cluster/backup", "cluster/blobs", "cluster/durable", "cluster/folder", "cluster/gossip", "cluster/logstore", "cluster/port", "engine", "fsm/history", "fsm", "fsm/rows", "internal/faults", "internal/lifecycle", "internal/throttle"}, append([]string{"*", "github.com/cockroachdb/pebble/v2/vfs"}, replication...),
		"the cluster replicates commands without looking into them: it knows the engine's ports, not its languages or callers"},
	{"cluster/clustertest", []string{"catalog", "cluster", "cluster/folder", "cluster/gossip", "cluster/logstore", "cluster/port", "engine", "fsm/history", "fsm", "fsm/audit", "fsm/rows", "internal/await"}, append([]string{"*", "github.com/cockroachdb/pebble/v2/vfs"}, replication...),
		"the cluster without sockets"},
	{"transport/wire", nil, nil, "callers import it: what it pulls in, they pull in"},
	{"transport/hot/pb", nil, []string{"google.golang.org/grpc", "google.golang.org/protobuf"}, "made from hot.proto"},
	{"transport/hot", []string{"transport/hot/pb", "transport/wire"}, []string{"google.golang.org/grpc"},
		"the way between callers and nodes by gRPC, which nobody else knows: of what calls mean it knows nothing"},
	{"transport/client", []string{"transport/hot", "transport/hot/pb", "transport/wire"}, nil, "callers import it: what it pulls in, they pull in"},
	{"transport/worker", []string{"transport/wire", "transport/client"}, nil, "callers import it: what it pulls in, they pull in"},
	{"transport/console", nil, nil, "files to serve"},
	{"transport/auditlog", []string{"cluster/durable"}, []string{"github.com/hashicorp/go-hclog", "github.com/prometheus/client_golang"},
		"lines, files and a webhook: what deserves a line is not its business"},
	{"docs", nil, nil, "pages to hand out"},
	{"transport/mcp", []string{"catalog", "catalog/project", "docs", "transport/wire"}, []string{"github.com/google/uuid", "github.com/modelcontextprotocol/go-sdk"},
		"what agents are offered, which nobody else knows: a tool is calls of the API, as its caller makes them"},
	{"transport", []string{"catalog", "engine", "engine/backtest", "engine/calendar", "fsm/history", "fsm", "fsm/rows", "internal/lifecycle", "transport/auditlog", "transport/console", "transport/hot", "transport/hot/pb", "transport/mcp", "transport/wire"}, []string{"*"},
		"transport serves the engine, whose bounds of schedules it names, and declares what it needs of a cluster itself"},
	{"cmd/aion-node/tracing", []string{"fsm", "fsm/history", "fsm/rows"}, []string{"*", "go.opentelemetry.io/otel"}, "the only one who knows OpenTelemetry: the engine and transport say what they do through ports of their own"},
	{"cmd/...", []string{"..."}, []string{"*"}, "commands wire everything"},
	{"jepsen/sim", []string{"catalog", "fsm/history", "engine/replay", "engine/runtime/...", "fsm", "fsm/audit", "fsm/rows", "transport/wire"}, []string{"*", "github.com/cockroachdb/pebble/v2/vfs"}, "it drives the real state machine against an independent model of the promises, and verifies chains as callers do"},
	{"jepsen/gate/seeded", nil, nil, "what planted bugs call, compiled into copies of the product: it can bring nothing along, and nobody in the tree imports it"},
	{"jepsen/load", []string{"jepsen/nodes", "jepsen/op", "transport/client", "transport/wire"}, nil, "what workloads are made of: it knows none of them"},
	{"jepsen/load/runs", []string{"jepsen/load", "jepsen/op", "transport/client", "transport/wire"}, nil, "several workloads start runs and read them to their end: it serves them and knows none"},
	{"jepsen/load/past", []string{"jepsen/load", "jepsen/op", "transport/client", "transport/wire"}, nil, "several checkers read the past of runs: it serves them and knows none"},
	{"jepsen/load/fleet", []string{"jepsen/links", "jepsen/load", "jepsen/op", "jepsen/worker"}, nil, "two workloads have worker processes: it serves them and knows none"},
	{"jepsen/load/loadtest", []string{"jepsen/load", "jepsen/op", "transport/wire"}, nil, "made-up histories for the tests of all checkers"},
	{"jepsen/load/all", []string{"jepsen/load/..."}, nil, "the one place that knows every workload"},
	{"jepsen/load/deployments", []string{"jepsen/load", "jepsen/load/past", "jepsen/op", "transport/client", "transport/wire"}, []string{"github.com/anishathalye/porcupine"}, alone},
	{"jepsen/load/backups", []string{"jepsen/load", "jepsen/load/runs", "jepsen/op", "transport/client", "transport/wire"}, nil, alone},
	{"jepsen/load/catalog", []string{"jepsen/load", "jepsen/load/past", "jepsen/op", "transport/client", "transport/wire"}, []string{"github.com/anishathalye/porcupine"}, alone},
	{"jepsen/load/children", []string{"jepsen/load", "jepsen/load/past", "jepsen/op", "transport/client", "transport/wire"}, nil, alone},
	{"jepsen/load/idempotency", []string{"jepsen/load", "jepsen/load/past", "jepsen/op", "transport/client", "transport/wire"}, nil, alone},
	{"jepsen/load/pins", []string{"jepsen/load", "jepsen/load/past", "jepsen/op", "transport/client", "transport/wire"}, nil, alone},
	{"jepsen/load/progress", []string{"jepsen/load", "jepsen/load/fleet", "jepsen/load/runs", "jepsen/op", "jepsen/worker", "transport/client", "transport/wire"}, nil, alone},
	{"jepsen/load/readers", []string{"jepsen/load", "jepsen/load/runs", "jepsen/op", "transport/client", "transport/wire"}, nil, alone},
	{"jepsen/load/schedules", []string{"jepsen/load", "jepsen/load/runs", "jepsen/op", "transport/client", "transport/wire"}, nil, alone},
	{"jepsen/load/signals", []string{"jepsen/load", "jepsen/load/runs", "jepsen/op", "transport/client", "transport/wire"}, nil, alone},
	{"jepsen/load/timers", []string{"jepsen/load", "jepsen/load/runs", "jepsen/op", "transport/client", "transport/wire"}, nil, alone},
	{"jepsen/load/workers", []string{"jepsen/load", "jepsen/load/fleet", "jepsen/load/runs", "jepsen/op", "jepsen/worker", "transport/client", "transport/wire"}, nil, alone},
	{"jepsen/...", []string{"jepsen/...", "transport/client", "transport/wire", "transport/worker", "internal/lifecycle"}, []string{"*"},
		"a checker that shares code with what it checks shares its bugs"},
	{"internal/...", nil, []string{"*"}, "tools of the workshop know nothing of the product"},
	{"scripts/...", []string{"transport/client", "transport/wire"}, []string{"*"}, "scripts use a node as users do"},
	{"docs/...", []string{"transport/client", "transport/wire", "transport/worker"}, []string{"*"}, "examples use a node as users do"},
}

// alone is why no workload may import another.
const alone = "a workload can be read, changed and thrown away alone: what two of them need is in a package of its own"

// replication are the libraries that only the cluster may know. raft in two places would mean two
// opinions about who leads.
var replication = []string{
	"github.com/hashicorp/raft", "github.com/hashicorp/raft-boltdb/v2", "github.com/hashicorp/raft-wal", "github.com/hashicorp/memberlist", "go.etcd.io/bbolt",
}

// owned are the libraries of others that "*" does not cover.
var owned = append([]string{"github.com/cockroachdb/pebble/v2", "github.com/robfig/cron/v3", "github.com/santhosh-tekuri/jsonschema/v6", "go.starlark.net", "google.golang.org/grpc", "github.com/modelcontextprotocol/go-sdk", "go.opentelemetry.io/otel"}, replication...)
