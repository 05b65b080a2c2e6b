package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/cmd/aion-node/node"
	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
)

func serveCmd(a *app) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a node",
		Long: `Run a node until SIGTERM or SIGINT: it then refuses new deploys, hands leadership on, lets calls under way finish and ends. A second signal ends it at once. SIGHUP makes it read its certificates again.

Without flags it is a durable cluster of one in ./aion-data, on loopback. Every setting is a key of aion.toml, a variable and a flag: http.address in the file
is AION_HTTP_ADDRESS in the environment and --http-address here. A flag wins over a variable, a variable over the file.

Three nodes: the same command on each, with --bootstrap-expect 3 --join a:7602,b:7602,c:7602.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			// From here on, SIGHUP ends nothing. Closed terminals and `systemctl reload` send it.
			keepPrivate()
			hangUps := make(chan os.Signal, 1)
			signal.Notify(hangUps, syscall.SIGHUP)
			if file == "" {
				file = a.environ("AION_CONFIG")
			}
			cfg, from, err := config.Load(config.Sources{File: file, Environ: os.Environ(), Flags: cmd.Flags()})
			logTo := func(out io.Writer) hclog.Logger {
				return plainLogger{hclog.New(&hclog.LoggerOptions{Name: "aion", Level: cfg.Log.Hclog(), Output: out, JSONFormat: cfg.Log.Format == "json"})}
			}
			report := func(log hclog.Logger, err error) error {
				if err != nil && cfg.Log.Format == "json" {
					p, status := problemOf(cmd, err)
					log.Error("this node has ended", "code", p.Code, "error", p.Detail, "hint", p.Hint)
					return &reported{status}
				}
				return err
			}
			lines := &logLines{to: a.err}
			log := logTo(lines)
			if err == nil {
				exit := func(err error) { // the node's other goroutines go on meanwhile
					lines.end()
					os.Exit(a.reportError(context.Background(), cmd, report(logTo(a.err), err)))
				}
				err = a.serve(cmd.Context(), cfg, from, node.Options{Version: binaryVersion(), Logger: log, Exit: exit}, hangUps)
			}
			return report(log, err)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "settings `FILE` (AION_CONFIG; default "+config.FileName+" in the current folder, if there is one)")
	config.AddFlags(cmd.Flags())
	return cmd
}

// logLines takes the lines of a log until they end; the cause of the end is printed after them.
type logLines struct {
	mu   sync.Mutex
	to   io.Writer
	over bool // guarded by mu
}

// Write implements io.Writer.
func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return len(b), nil
	}
	return l.to.Write(b)
}

// end drops all further lines. Its second caller waits for ever: the first one ends the process.
func (l *logLines) end() {
	l.mu.Lock()
	if l.over {
		l.mu.Unlock()
		select {}
	}
	l.over = true
	l.mu.Unlock()
}

// serve runs a node until ctx ends or it cannot go on.
func (a *app) serve(ctx context.Context, cfg config.Config, from string, o node.Options, hangUps <-chan os.Signal) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this binary, for the process that compiles packages: %w", err)
	}
	o.Executable = exe
	n, err := node.Open(cfg, o)
	if err != nil {
		return err
	}
	node.TuneCollector()
	if cfg.Log.Format == "json" {
		o.Logger.Info("serving", "version", binaryVersion(), "node", n.ID(), "url", n.URL(), "nodes", cfg.Raft.Address,
			"gossip", cfg.Gossip.Address, "data", cfg.Node.DataDir, "settings", from)
	} else {
		fmt.Fprintln(a.out, greeting(n, cfg, from))
	}
	over := make(chan struct{})
	defer close(over)
	go func() {
		for {
			select {
			case <-hangUps:
				n.Reload()
			case <-over:
				return
			}
		}
	}()
	return n.Run(ctx)
}

// greeting is the one line for people: which node this is, and where it listens.
func greeting(n *node.Node, cfg config.Config, file string) string {
	parts := []string{
		fmt.Sprintf("aion-node %s: node %s serves %s", binaryVersion(), n.ID(), n.URL()),
		"nodes " + cfg.Raft.Address, "gossip " + cfg.Gossip.Address, "data " + cfg.Node.DataDir,
	}
	if file != "" {
		parts = append(parts, "settings "+file)
	}
	return strings.Join(parts, ", ")
}
