package mcp

import (
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Config is what the tools stand on. All fields are required.
type Config struct {
	API     http.Handler                // of this node; it identifies the caller by the call's own header
	Grant   func(r *http.Request) Grant // which tools a caller gets
	Version string                      // of the binary
	MaxBody int64                       // bytes of a message
}

// Grant says which tools a caller gets. What its calls may do the API decides.
type Grant int

// The grants, each with the tools of those before it.
const (
	Looks Grant = iota // reads
	Tries              // tries code, and runs code that goes again
	Acts               // changes what there is
)

// New returns the handler of /mcp. Its caller has been identified and let in.
func New(cfg Config) http.Handler {
	servers := map[Grant]*mcp.Server{}
	for g := Looks; g <= Acts; g++ {
		servers[g] = server(cfg, g)
	}
	return spoken(mcp.NewStreamableHTTPHandler(func(r *http.Request) *mcp.Server { return servers[cfg.Grant(r)] }, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, MaxRequestBodyBytes: cfg.MaxBody, PropagateRequestCancellation: true,
		DisableLocalhostProtection: true, // the node looks at names of hosts and origins itself, before this
	}))
}

// instructions are what a model is told of the server as a whole.
const instructions = `Aion is a durable workflow engine. Workflow code is deployed into the running cluster as packages; the hash of a package is its version. Each workflow type has a route to one version, which new runs get. A run stays on the version it began on, and pins it: a pinned or routed version cannot be unloaded.

To write a workflow: read guide (topic "workflows"), begin with new_project, and hand all files of the project to each tool that asks for files. check compiles them, plan says what deploying them would change, backtest replays recorded runs on them, and none of these changes anything; run starts a run on them without deploying them, and they go with it; deploy loads them, with route = false to try a version by start_run before new runs get it, or by set_canary on a share of them. Look at a run with describe_run, run_history and run_logs.

Errors are JSON with code, detail, hint, and outcome: "rejected" (nothing happened, and it will not go through unchanged), "retry" (nothing happened, try again), "unknown" (it may have happened: repeat it with the same request_id, which does it at most once).`

func server(cfg Config, grant Grant) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "aion", Title: "Aion", Version: cfg.Version}, &mcp.ServerOptions{Instructions: instructions, Capabilities: &mcp.ServerCapabilities{}})
	t := &tools{server: s, api: cfg.API}
	t.look()
	t.lookAtCanaries()
	t.lookAtMany()
	if grant >= Tries {
		t.try()
		t.run()
	}
	if grant >= Acts {
		t.act()
		t.actOnCanaries()
		t.actOnMany()
	}
	return s
}
