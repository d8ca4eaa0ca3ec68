package cache

import (
	"context"
	"time"
)

// Shared is what a Store offers beside its entries when several replicas use
// it. The cache asks for it by a type assertion; a store of one process does
// not have it.
type Shared interface {
	// Watch reports what other replicas delete, until ctx ends: gone with the
	// keys of entries that were deleted, within a second; lost when deletions
	// may have been missed (a connection broke, a message did not arrive), at
	// which the caller forgets all it holds in memory. While the store cannot
	// be reached Watch keeps trying and calls lost at least once a second.
	Watch(ctx context.Context, gone func([]Key), lost func())

	// Acquire takes or renews the lease on key for holder, for life from now.
	// held is false while another holder has it.
	Acquire(ctx context.Context, key Key, holder string, life time.Duration) (held bool, err error)

	// Release gives up the lease, if holder has it, and wakes who awaits it.
	Release(ctx context.Context, key Key, holder string) error

	// Await returns when nobody holds the lease on key any more, or with ctx's
	// error.
	Await(ctx context.Context, key Key) error
}
