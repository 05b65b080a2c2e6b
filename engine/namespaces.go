package engine

import (
	"context"
	"strings"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// levelNamespaces is the level of the state from which on there are namespaces.
const levelNamespaces = 4

// levelNamespaceChanges is the level from which on each quota of a namespace is changed by itself.
const levelNamespaceChanges = 7

// Namespace is a namespace with what it has.
type Namespace struct {
	rows.Namespace
	Use   rows.NamespaceUse
	Index uint64 // of the read
}

// CreateNamespace makes a namespace.
func (e *Engine) CreateNamespace(ctx context.Context, c Call, name, description string, q rows.Quotas) (*fsm.NamespaceAnswer, Answered, error) {
	if err := namespace.Check(name); err != nil {
		return nil, Answered{}, invalid("name", "%v", err)
	}
	if err := checkText("description", description, MaxMessage); err != nil {
		return nil, Answered{}, err
	}
	return proposeAt[*fsm.NamespaceAnswer](ctx, e, c, levelNamespaces, &fsm.CreateNamespace{Name: name, Description: description, Quotas: q})
}

// SetNamespace changes a namespace: its description unless that is nil, and quotas.
func (e *Engine) SetNamespace(ctx context.Context, c Call, name string, description *string, change fsm.QuotaChange) (*fsm.NamespaceAnswer, Answered, error) {
	if description != nil {
		if err := checkText("description", *description, MaxMessage); err != nil {
			return nil, Answered{}, err
		}
	}
	if e.atLevel(levelNamespaceChanges) != nil {
		return e.setNamespace(ctx, c, name, description, change)
	}
	return propose[*fsm.NamespaceAnswer](ctx, e, c, &fsm.ChangeNamespace{Name: name, Description: description, Quotas: change})
}

// setNamespace is SetNamespace while nodes of an earlier build are members: what it has read may
// have changed when its command is applied, and another caller's change of quotas is lost then.
func (e *Engine) setNamespace(ctx context.Context, c Call, name string, description *string, change fsm.QuotaChange) (*fsm.NamespaceAnswer, Answered, error) {
	cmd := &fsm.SetNamespace{Name: name, Description: description}
	if change != (fsm.QuotaChange{}) {
		if res, ok, err := e.firstOutcome(c); ok || err != nil {
			if err != nil {
				return nil, Answered{}, err
			}
			return outcome[*fsm.NamespaceAnswer](c, res)
		}
		n, err := e.Namespace(ctx, Read{}, name)
		if err != nil {
			return nil, Answered{}, err
		}
		quotas := change.Of(n.Quotas)
		cmd.Quotas = &quotas
	}
	return proposeAt[*fsm.NamespaceAnswer](ctx, e, c, levelNamespaces, cmd)
}

// DeleteNamespace removes a namespace that holds nothing.
func (e *Engine) DeleteNamespace(ctx context.Context, c Call, name string) (*fsm.NamespaceAnswer, Answered, error) {
	return proposeAt[*fsm.NamespaceAnswer](ctx, e, c, levelNamespaces, &fsm.DeleteNamespace{Name: name})
}

// Namespace returns a namespace with what it has.
func (e *Engine) Namespace(ctx context.Context, rd Read, name string) (*Namespace, error) {
	n, found := new(Namespace), false
	err := e.read(ctx, rd, func(v fsm.View) {
		n.Index = v.Index()
		n.Namespace, n.Use, found = v.Namespace(name)
	})
	if err == nil && !found {
		err = &fsm.NoNamespace{Name: name}
	}
	return n, err
}

// Namespaces lists namespaces whose names have one of the prefixes (nil = all), by name, starting
// after the cursor.
func (e *Engine) Namespaces(ctx context.Context, rd Read, prefixes []string, limit int, cursor string) (page []rows.Namespace, next string, index uint64, err error) {
	if limit, err = checkPage(limit); err != nil {
		return nil, "", 0, err
	}
	err = e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		for _, n := range v.Namespaces(cursor, fsm.MaxNamespaces+1) {
			if prefixes == nil || hasOne(n.Name, prefixes) {
				if page = append(page, n); len(page) > limit {
					return
				}
			}
		}
	})
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].Name
	}
	return page, next, index, err
}

func hasOne(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// NamespaceSince returns the index of the entry that created a namespace, as this node's state
// stands; 0 = there is none of that name.
func (e *Engine) NamespaceSince(name string) (index uint64) {
	e.cfg.Log.View(func(v fsm.View) {
		n, _, _ := v.Namespace(name)
		index = n.Index
	})
	return index
}
