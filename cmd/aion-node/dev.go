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

// stepAside picks a free port if somebody already listens at the default one, most likely a node.
func (a *app) stepAside(cfg *config.Config) {
	l, err := net.Listen("tcp", cfg.HTTP.Address)
	if err == nil {
		l.Close()
		return
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return // the node reports it
	}
	fmt.Fprintf(a.err, "something listens at %s already, so this node takes a free port; --addr or AION_ADDR tells other commands which\n", cfg.HTTP.Address)
	cfg.HTTP.Address = "127.0.0.1:0"
}

// dev runs a node and the loop beside it until ctx ends or one of them fails.
func (a *app) dev(ctx context.Context, dir string, cfg config.Config) error {
	if info, err := os.Stat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
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
	t := &devPrinter{a: a}
	log := hclog.New(&hclog.LoggerOptions{Name: "aion", Level: cfg.Log.Hclog(), Output: a.err})
	n, err := node.Open(cfg, node.Options{Version: binaryVersion(), Executable: exe, Logger: log, Says: t.printSays})
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
		err = (&dev.Loop{Dir: dir, Skip: cfg.Node.DataDir, Client: c, Tell: t.printEvent, Message: "aion-node dev"}).Run(ctx)
		c.Close()
	}
	stop()
	ended := <-over
	if errors.Is(err, context.Canceled) { // it was told to end, or ends because the node does
		err = nil
	}
	return errors.Join(err, ended)
}

// pickAddresses gives the node free ports: only this process needs to know its ports for other
// nodes.
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
		defer l.Close() // not before all are picked, so that they differ
		*address = l.Addr().String()
	}
	return nil
}

// devPrinter prints events, and is called by several goroutines.
type devPrinter struct {
	a  *app
	mu sync.Mutex
}

func (t *devPrinter) greet(url, data string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.a.json {
		fmt.Fprintf(t.a.out, "aion-node %s serves %s (%s); times are %s; ^C ends it\n", binaryVersion(), url, data, zone(time.Now()))
		return
	}
	_ = t.a.document(map[string]string{"event": "serving", "url": url})
}

func (t *devPrinter) printEvent(e dev.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a.json {
		_ = t.a.document(e)
		return
	}
	fmt.Fprintf(t.a.out, "%s  %s\n", e.At.Local().Format("15:04:05"), printable(e.String()))
}

func (t *devPrinter) printSays(workflow, msg string) {
	t.printEvent(dev.Event{At: time.Now(), Event: dev.Says, Workflow: workflow, Message: msg})
}
