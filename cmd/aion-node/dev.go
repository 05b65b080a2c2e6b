package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/cmd/aion-node/dev"
	"aion.dev/aion/cmd/aion-node/node"
	"aion.dev/aion/transport/client"
	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
)

func devCmd(a *app) *cobra.Command {
	cfg := config.Default()
	cfg.Node.DataDir = ""
	cmd := &cobra.Command{
		Use:   "dev [DIR]",
		Short: "Run a node, deploy a project on every save, and tell what happens",
		Long: `Run a node, pack and deploy the project in folder DIR (default: the current folder) now and on every save, and tell what happens: versions, problems with file and line, runs that start and end, what
they log, and how many are left on versions before. New runs start on the newest version, every run keeps its own. The node's data is in a temporary folder that is removed at the end,
unless --data-dir names one. With --json each thing that happens is a document on a line of its own.`,
		Args: arguments("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("http-address") {
				a.stepAside(&cfg)
			}
			return a.following(cmd.Context(), func(ctx context.Context) error { return a.dev(ctx, folderOf(args), cfg) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&cfg.HTTP.Address, "http-address", cfg.HTTP.Address, "serve callers on loopback `HOST:PORT`; port 0 takes a free one")
	f.StringVar(&cfg.Node.DataDir, "data-dir", "", "keep the node's data in `FOLDER`")
	f.StringVar(&cfg.Log.Level, "log-level", "error", "what the node itself logs: `LEVEL` trace, debug, info, warn or error")
	return cmd
}

// stepAside takes a free port when somebody listens at the usual one already: a node that serves,
// most likely.
func (a *app) stepAside(cfg *config.Config) {
	l, err := net.Listen("tcp", cfg.HTTP.Address)
	if err == nil {
		l.Close()
		return
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return // the node says so
	}
	fmt.Fprintf(a.err, "something listens at %s already, so this node takes a free port; --addr or AION_ADDR tells other commands which\n", cfg.HTTP.Address)
	cfg.HTTP.Address = "127.0.0.1:0"
}

// dev runs a node and the loop beside it until ctx ends or one of them cannot go on.
func (a *app) dev(ctx context.Context, dir string, cfg config.Config) error {
	if info, err := os.Stat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is no folder", dir)
	}
	data := "data in " + cfg.Node.DataDir
	if cfg.Node.DataDir == "" {
		temporary, err := os.MkdirTemp("", "aion-dev-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		cfg.Node.DataDir = temporary
		data += temporary + ", removed at the end"
	}
	if err := pickAddresses(&cfg); err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this binary, for the process that compiles packages: %w", err)
	}
	t := &devTeller{a: a}
	log := hclog.New(&hclog.LoggerOptions{Name: "aion", Level: cfg.Log.Hclog(), Output: a.err})
	n, err := node.Open(cfg, node.Options{Version: binaryVersion(), Executable: exe, Logger: log, Says: t.says})
	if err != nil {
		return err
	}
	t.greet(n.URL(), data)

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	over := make(chan error, 1)
	go func() {
		over <- n.Run(ctx)
		stop()
	}()
	c, err := client.New(client.Config{Addresses: []string{n.URL()}, Actor: actor(a.environ), Patience: a.patience})
	if err == nil {
		err = (&dev.Loop{Dir: dir, Skip: cfg.Node.DataDir, Client: c, Tell: t.tell, Message: "aion-node dev"}).Run(ctx)
		c.Close()
	}
	stop()
	ended := <-over
	if errors.Is(err, context.Canceled) { // told to end, or because the node did
		err = nil
	}
	return errors.Join(err, ended)
}

// pickAddresses gives the node ports that are free: nobody but this process needs to know those for
// other nodes.
func pickAddresses(cfg *config.Config) error {
	for _, address := range []*string{&cfg.HTTP.Address, &cfg.Raft.Address, &cfg.Gossip.Address} {
		if address != &cfg.HTTP.Address {
			*address = "127.0.0.1:0"
		}
		if !strings.HasSuffix(*address, ":0") {
			continue
		}
		l, err := net.Listen("tcp", *address)
		if err != nil {
			return err
		}
		defer l.Close() // not before all are picked: no two are the same
		*address = l.Addr().String()
	}
	return nil
}

// devTeller prints what happens, from several goroutines.
type devTeller struct {
	a  *app
	mu sync.Mutex
}

func (t *devTeller) greet(url, data string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.a.json {
		fmt.Fprintf(t.a.out, "aion-node %s serves %s (%s); times are %s; ^C ends it\n", binaryVersion(), url, data, zone(time.Now()))
		return
	}
	_ = t.a.document(map[string]string{"event": "serving", "url": url})
}

func (t *devTeller) tell(e dev.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a.json {
		_ = t.a.document(e)
		return
	}
	fmt.Fprintf(t.a.out, "%s  %s\n", e.At.Local().Format("15:04:05"), printable(e.String()))
}

func (t *devTeller) says(workflow, msg string) {
	t.tell(dev.Event{At: time.Now(), Event: dev.Says, Workflow: workflow, Message: msg})
}
