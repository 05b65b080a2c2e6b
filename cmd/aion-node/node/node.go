package node

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/cmd/aion-node/tracing"
	"aion.dev/aion/cmd/aion-node/vet"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/runtime/languages"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/certs"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/auditlog"
	"aion.dev/aion/transport/jwt"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/semaphore"
)

// Options are the inputs that are not settings.
type Options struct {
	Version    string       // of the binary
	Executable string       // the binary, for the child process that compiles new packages; empty = compile only in this process
	Logger     hclog.Logger // nil = silent
	// Says receives what workflow code logs while this node leads, in addition to Logger; see
	// engine.Config. Nil = nobody receives it.
	Says func(workflowID, msg string)
	// Exit ends the process if the node must stop and its orderly end hangs; see cluster.Config.
	// Nil = the process ends with status 1 and without a word.
	Exit func(error)
}

// Node is one node of a cluster, opened but not yet running.
type Node struct {
	cfg config.Config
	log hclog.Logger

	listener net.Listener  // of HTTP
	pprof    net.Listener  // nil unless configured
	certs    *certs.Set    // nil = plaintext
	jwt      *jwt.Verifier // nil = no JWTs count
	cluster  *cluster.Cluster
	checker  *vet.Checker // nil = packages are compiled in this process only
	engine   *engine.Engine
	guests   wasm.Lazy // where WebAssembly runs
	server   *transport.Server
	metrics  *prometheus.Registry // what /metrics serves
	audit    *auditlog.Log        // nil = none is kept
	tracer   *tracing.Tracer      // nil = nobody traces
}

// Open opens the node's addresses and its data. Nothing runs before Run; a Node that is not run
// must be closed. If Open fails, it releases everything that it had opened.
func Open(cfg config.Config, o Options) (_ *Node, err error) {
	n := &Node{cfg: cfg, log: o.Logger}
	if n.log == nil {
		n.log = hclog.NewNullLogger()
	}
	defer func() {
		if err != nil {
			n.Close()
		}
	}()

	if n.certs, err = openCertificates(cfg.TLS, n.log); err != nil {
		return nil, err
	}
	limit, err := openFiles()
	if err != nil {
		return nil, fmt.Errorf("the limit of open files: %w", err)
	}
	files, err := shareDescriptors(limit, cfg)
	if err != nil {
		return nil, err
	}
	if n.listener, err = net.Listen("tcp", cfg.HTTP.Address); err != nil {
		return nil, fmt.Errorf("http.address: %w", err)
	}
	if cfg.Debug.PprofAddress != "" {
		if n.pprof, err = net.Listen("tcp", cfg.Debug.PprofAddress); err != nil {
			return nil, fmt.Errorf("debug.pprof_address: %w", err)
		}
	}
	registry := prometheus.NewRegistry()
	n.metrics = registry
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo(o.Version))

	shares := shareMemory(machineMemory(), cfg.Limits.CallMemory, cfg.Limits.WaitingCalls, cfg.Limits.ResidentBytes, cfg.Deploy.CheckMemoryBytes)
	memory := transport.NewMemory(shares.calls)
	cc := clusterConfig(cfg, n.certs, files, o.Version, n.log)
	cc.Memory = memory
	if o.Exit != nil {
		cc.Exit = func(err error) { o.Exit(fmt.Errorf("cluster: %w", err)) }
	}
	if n.cluster, err = cluster.Open(cc); errors.Is(err, syscall.ENOTDIR) {
		return nil, &config.Error{Key: "node.data_dir", Reason: cfg.Node.DataDir + " is no folder, or stands in none"}
	} else if err != nil {
		return nil, err
	}
	if err := registry.Register(n.cluster); err != nil {
		return nil, err
	}
	if n.certs != nil {
		if err := registry.Register(n.certs); err != nil {
			return nil, err
		}
	}
	if n.tracer, err = openTracer(cfg.Otel, n.cluster.ID(), o.Version, n.log); err != nil {
		return nil, err
	}
	limits := runtimeLimits(cfg)
	n.guests.Config = wasm.Config{CacheDir: guestsDir(cfg)}
	ec := engine.Config{
		Node:     n.cluster.ID(),
		Log:      n.cluster,
		Blobs:    n.cluster.Blobs(),
		Compiler: languages.Compiler{Limits: limits, Room: &n.guests},
		Archive:  archiveLimits(cfg),
		Limits:   engineLimits(cfg, limits, shares.resident),
		Logger:   n.log,
		Metrics:  registry,
	}
	var calls transport.Tracer // an interface of a nil pointer is not nil
	if n.tracer != nil {
		ec.Tracer, calls = n.tracer, n.tracer
	}
	if o.Says != nil {
		ec.Says = func(run rows.Run, msg string) { o.Says(run.WorkflowID, msg) }
	}
	if o.Executable != "" {
		n.checker = &vet.Checker{
			Executable: o.Executable,
			Room:       semaphore.NewWeighted(int64(shares.checks)),
			Limits:     vet.Limits{Archive: ec.Archive, Runtime: limits, MemoryBytes: cfg.Deploy.CheckMemoryBytes, Guests: guestsDir(cfg)},
		}
		ec.CheckArchive = n.checker.Check
	}
	if n.engine, err = engine.New(ec); err != nil {
		return nil, err
	}
	if n.audit, err = openAudit(cfg, n.cluster.ID(), n.log); err != nil {
		return nil, err
	}
	if n.audit != nil {
		if err := registry.Register(n.audit); err != nil {
			return nil, err
		}
	}
	if n.jwt, err = openJWT(cfg.Auth); err != nil {
		return nil, err
	}
	n.server, err = transport.New(transport.Config{
		Parts:   served(n.engine),
		Cluster: membership{n.cluster, n.certs},
		Backups: backups{n.cluster},
		Node:    n.cluster.ID(),
		Version: o.Version,
		Limits: transport.Limits{
			ArchiveBytes: cfg.Deploy.MaxArchiveBytes, RestoreBytes: cfg.Backup.RestoreBytes, PayloadBytes: cfg.Limits.PayloadBytes, Drain: cfg.Drain.Timeout.Duration, BatchStarts: int(cfg.Limits.BatchStarts),
			Calls: cfg.Limits.Calls, Polls: shares.waits, Streams: cfg.Limits.EventStreams, Agents: cfg.Limits.AgentMessages, AgentBytes: cfg.Limits.AgentBytes,
			Connections: files.calls, Loads: int64(files.loads),
		},
		Memory:         memory,
		Tokens:         tokens(cfg.Auth),
		TokensRequired: cfg.TokensRequired(),
		Hosts:          hosts(cfg.HTTP),
		HTTPOnly:       !cfg.HTTP.Hot,
		Audit:          n.audit,
		JWT:            n.jwt,
		Certificates:   certificateRules(cfg.Auth),
		Vouches:        vouches(n.certs),
		TLS:            serverTLS(n.certs),
		LeaderTLS:      leaderTLS(n.certs),
		Registry:       registry,
		Tracer:         calls,
		Logger:         n.log,
	})
	return n, err
}

// ID returns the node's id.
func (n *Node) ID() string { return n.cluster.ID() }

// URL returns where callers on this machine reach the node.
func (n *Node) URL() string {
	scheme := "http://"
	if n.cfg.TLS.CertFile != "" {
		scheme = "https://"
	}
	return scheme + n.listener.Addr().String()
}

// Close releases a node that was not run.
func (n *Node) Close() error {
	errs := []error{n.closeTracer()}
	if n.cluster != nil {
		errs = append(errs, n.cluster.Close())
	}
	if n.audit != nil {
		errs = append(errs, n.audit.Close())
	}
	errs = append(errs, n.guests.Close())
	for _, l := range []net.Listener{n.listener, n.pprof} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}
