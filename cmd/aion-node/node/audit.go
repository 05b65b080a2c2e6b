package node

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/transport/auditlog"
	"github.com/hashicorp/go-hclog"
)

// openAudit opens the audit log; nil without an error means that there is none.
func openAudit(cfg config.Config, node string, log hclog.Logger) (*auditlog.Log, error) {
	a := cfg.Audit
	if a.File == "" && a.Webhook == "" {
		return nil, nil
	}
	webhook, err := a.URL()
	if err != nil {
		return nil, &config.Error{Key: "audit.webhook", Reason: err.Error()}
	}
	l, err := auditlog.Open(auditlog.Config{
		Path: cmp.Or(a.File, filepath.Join(cfg.Node.DataDir, "audit.jsonl")), Bytes: a.FileBytes, Keep: int(a.FileKeep), Node: node,
		Strangers: int(a.Strangers), Strict: a.Strict,
		Webhook: auditlog.Webhook{URL: webhook, Secret: a.Secret}, Logger: log,
	})
	if err != nil {
		return nil, &config.Error{Key: "audit.file", Reason: err.Error()}
	}
	return l, nil
}

// keepAudit syncs and sends the audit log until ctx ends, which is after the last call.
func (n *Node) keepAudit(ctx context.Context) error {
	if n.audit == nil {
		<-ctx.Done()
		return nil
	}
	return n.audit.Run(ctx)
}

// reloadAudit opens the file anew, in case somebody has moved it away.
func (n *Node) reloadAudit() {
	if n.audit == nil {
		return
	}
	if err := n.audit.Reopen(); err != nil {
		n.log.Error("reload: the audit file cannot be opened", "error", fmt.Sprint(err))
	}
}
