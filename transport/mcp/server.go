package mcp

import (
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Config is what the tools stand on. All fields are required.
type Config struct {
	API       http.Handler               // of this node; it identifies the caller by the call's own header
	MayChange func(r *http.Request) bool // whether a caller gets the tools that change something
	Version   string                     // of the binary
	MaxBody   int64                      // bytes of a message
}

// New returns the handler of /mcp. Its caller has been identified and let in.
func New(cfg Config) http.Handler {
	looks, acts := server(cfg, false), server(cfg, true)
	return mcp.NewStreamableHTTPHandler(func(r *http.Request) *mcp.Server {
		if cfg.MayChange(r) {
			return acts
		}
		return looks
	}, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, MaxRequestBodyBytes: cfg.MaxBody, PropagateRequestCancellation: true,
		DisableLocalhostProtection: true, // the node looks at names of hosts and origins itself, before this
	})
}

// instructions are what a model is told of the server as a whole.
const instructions = `Aion is a durable workflow engine. Workflow code is deployed into the running cluster as packages; the hash of a package is its version. Each workflow type has a route to one version, which new runs get. A run stays on the version it began on, and pins it: a pinned or routed version cannot be unloaded.

To write a workflow: read guide (topic "workflows"), begin with new_project, and hand all files of the project to each tool that asks for files. check compiles them, plan says what deploying them would change, backtest replays recorded runs on them, and none of these changes anything; deploy loads them, with route = false to try a version by run_version before new runs get it. Look at a run with describe_run, run_history and run_logs.

Errors are JSON with code, detail, hint, and outcome: "rejected" (nothing happened, and it will not go through unchanged), "retry" (nothing happened, try again), "unknown" (it may have happened: repeat it with the same request_id, which does it at most once).`

func server(cfg Config, changes bool) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "aion", Title: "Aion", Version: cfg.Version}, &mcp.ServerOptions{Instructions: instructions, Capabilities: &mcp.ServerCapabilities{}})
	t := &tools{server: s, api: cfg.API}
	t.look()
	if changes {
		t.try()
		t.act()
	}
	return s
}
