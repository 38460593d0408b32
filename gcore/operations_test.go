package gcore_test

import (
	"context"
	"sync"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// operations are the calls of internal/optest with the example requests: those of SSHKeys by the operation's id, those of the
// generated client by "API " and the id.
var operations = sync.OnceValue(func() map[string]func(context.Context, *gcore.Cloud) error {
	calls := map[string]func(context.Context, *gcore.Cloud) error{}
	for _, op := range optest.All() {
		calls[op.ID] = func(ctx context.Context, c *gcore.Cloud) error {
			_, err := op.Facade(ctx, c, op.Example)
			return err
		}
		calls["API "+op.ID] = func(ctx context.Context, c *gcore.Cloud) error {
			_, err := op.API(ctx, c.API(), op.Example)
			return err
		}
	}
	return calls
})
