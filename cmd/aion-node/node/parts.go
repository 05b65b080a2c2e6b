package node

import (
	"cmp"
	"encoding/base64"
	gort "runtime"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/certs"
	"aion.dev/aion/transport"
	"github.com/hashicorp/go-hclog"
)

// This file maps the node's settings to the configuration of each part. It trusts a validated
// Config.

func clusterConfig(cfg config.Config, set *certs.Set, files descriptors, version string, log hclog.Logger) cluster.Config {
	key, _ := base64.StdEncoding.DecodeString(cfg.Gossip.Key)
	return cluster.Config{
		NodeID:          cfg.Node.ID,
		DataDir:         cfg.Node.DataDir,
		RaftListen:      cfg.Raft.Address,
		RaftAddress:     cfg.Raft.Advertise,
		HTTPAddress:     cfg.HTTP.Advertise,
		Version:         version,
		GossipListen:    cfg.Gossip.Address,
		GossipAddress:   cfg.Gossip.Advertise,
		GossipKey:       key,
		Join:            cfg.Cluster.Join,
		ClusterName:     cfg.Cluster.Name,
		JoinToken:       cfg.Cluster.JoinToken,
		Guarded:         cfg.TLS.CAFile != "" || len(cfg.Auth.Tokens) > 0,
		HoldLevel:       cfg.Cluster.HoldLevel,
		BootstrapExpect: cfg.Cluster.BootstrapExpect,
		TLS:             nodeTLS(cfg.TLS, set),
		MaxArchiveBytes: cfg.Deploy.MaxArchiveBytes,
		Disk:            folder.DiskConfig{Warn: uint64(cfg.Disk.WarnBytes), Full: uint64(cfg.Disk.FullBytes), Reserve: uint64(cfg.Disk.Reserve)},
		ScrubEvery:      cfg.Disk.ScrubEvery.Duration,
		Backup:          backup.DeskConfig{AtOnce: int(cfg.Backup.AtOnce), Keep: cfg.Backup.Keep.Duration, BytesPerSecond: cfg.Backup.BytesPerSecond},
		Connections:     files.peers * 3 / 4, // a third as many more may be connections that have not yet identified themselves
		Clock:           cluster.ClockConfig{MaxSkew: cfg.Cluster.MaxClockSkew.Duration, MaxStep: cfg.Cluster.MaxClockStep.Duration},
		Raft:            cluster.RaftConfig{LogStore: cfg.Raft.LogStore, LogBytes: uint64(cfg.Raft.LogBytes), PromoteAfter: cfg.Cluster.PromoteAfter.Duration},
		State:           cluster.StateConfig{OpenFiles: files.state, RequestBytes: uint64(cfg.Limits.RequestBytes)},
		Logger:          log,
	}
}

// nodeTLS is for the node port: both sides authenticate, so it also needs a CA.
func nodeTLS(t config.TLS, set *certs.Set) port.TLS {
	if t.CAFile == "" {
		return port.TLS{}
	}
	return port.TLS{Certificates: set, Names: t.NodeNames}
}

func archiveLimits(cfg config.Config) catalog.Limits {
	return catalog.Limits{MaxArchiveBytes: cfg.Deploy.MaxArchiveBytes, MaxInflatedBytes: cfg.Deploy.MaxInflatedBytes, MaxEntries: int(cfg.Deploy.MaxEntries)}
}

func runtimeLimits(cfg config.Config) runtime.Limits {
	l := cfg.Limits
	return runtime.Limits{Steps: uint64(l.Steps), MemoryBytes: uint64(l.MemoryBytes), OutputBytes: int(l.PayloadBytes), Pending: int(l.Pending)}
}

func engineLimits(cfg config.Config, r runtime.Limits, resident int64) engine.Limits {
	l := cfg.Limits
	return engine.Limits{
		PayloadBytes: int(l.PayloadBytes), HistoryEvents: uint64(l.HistoryEvents), HistoryBytes: uint64(l.HistoryBytes), WaitingSignals: uint64(l.WaitingSignals), ResetEvents: uint64(l.ResetEvents), ResetBytes: uint64(l.ResetBytes),
		RunLogBytes: cmp.Or(l.LogBytes, -1),
		Runtime:     r, Resident: int(l.Resident), ResidentBytes: uint64(resident), Queries: int(l.Queries),
		Turns: cmp.Or(int(l.Turns), min(gort.GOMAXPROCS(0), int(l.InFlight))), InFlight: int(l.InFlight), BacktestCPU: float64(l.BacktestCPU) / 100,
		SchemaPatterns: int(cfg.Deploy.MaxPatterns), Changes: int(cfg.Deploy.MaxChanges), ChangeBytes: int(cfg.Deploy.MaxChangeBytes), TurnTimeout: l.TurnTimeout.Duration, Foresight: cmp.Or(l.Foresight.Duration, -1), CheckTimeout: cfg.Deploy.CheckTimeout.Duration, QueryTimeout: l.QueryTimeout.Duration, Lease: l.Lease.Duration,
	}
}

// hosts returns the names of the node.
func hosts(h config.HTTP) []string {
	return append([]string{h.Address, h.Advertise}, h.Hosts...)
}

func tokens(a config.Auth) []transport.Token {
	var list []transport.Token
	for _, item := range a.Tokens {
		t, err := config.ParseToken(item)
		if err != nil {
			continue // the configuration was validated
		}
		token := transport.Token{Name: t.Name, ReadOnly: t.Role == config.RoleRead, Secret: t.Secret}
		if t.Role == config.RoleEphemeral {
			token.Ephemeral = &fsm.Allowance{Versions: t.Versions, Bytes: t.Bytes}
		}
		list = append(list, token)
	}
	return list
}

// served are the parts of the engine that callers reach over HTTP.
func served(e *engine.Engine) transport.Parts {
	return transport.Parts{
		Authority: e, Namespacer: e, Deployer: e, Archivist: e, Releaser: e, Backtester: e, Mover: e, Batcher: e, Stopper: e, RunLimiter: e, Catalog: e, Starter: e, RunReader: e, LogReader: e, Rewinder: e, RunCounter: e, Controller: e, Querier: e, Updater: e,
		TaskDesk: e, QueueKeeper: e, Scheduler: e, Retainer: e, CanaryKeeper: e, PolicyKeeper: e, JobReader: e, Timekeeper: e, EventFeed: e,
	}
}
