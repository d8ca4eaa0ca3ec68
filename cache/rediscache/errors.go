// Errors of this package, and how faults of the server become errors.

package rediscache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache"
)

var (
	// ErrClosed is returned by calls after Close.
	ErrClosed = errors.New("rediscache: store is closed")

	// ErrReadOnly is returned when the server is a replica that takes no
	// writes: connect to the primary, or through Sentinel.
	ErrReadOnly = errors.New("the server is a read-only replica: connect to the primary, or through redis-sentinel://")

	// ErrOutOfMemory is returned for writes to a server that is full and may
	// not evict.
	ErrOutOfMemory = errors.New("the server is out of memory: raise maxmemory, or set maxmemory-policy to volatile-lfu")

	// ErrWrongServer is returned when what answers is not what the URL says,
	// or too old.
	ErrWrongServer = errors.New("wrong server")

	// ErrRefused is returned for wrong credentials and missing permissions.
	ErrRefused = errors.New("the server refuses the credentials: check user, password and permissions")

	// ErrDamaged is returned for a record that can't be read.
	ErrDamaged = fmt.Errorf("%w: record can't be read", cache.ErrDamaged)

	errZeroKey   = errors.New("rediscache: a key of zeros is not allowed")
	errNoExpiry  = errors.New("rediscache: Expires is not set")
	errNoTenant  = errors.New("rediscache: a selection names no tenant")
	errMetaSize  = fmt.Errorf("rediscache: tenant, namespace, model and tags are longer than %d bytes together", maxHead)
	errValueSize = fmt.Errorf("rediscache: value is longer than %d bytes", maxValue)
)

// fault names the call that failed, and says in the package's own errors what
// the user can do something about. A network timeout at the context's deadline
// is the context's error.
func fault(ctx context.Context, call string, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		err = ended
	} else if deadline, ok := ctx.Deadline(); ok && errors.Is(err, os.ErrDeadlineExceeded) && time.Until(deadline) <= 0 {
		err = context.DeadlineExceeded
	}
	switch {
	case errors.Is(err, redis.ErrClosed):
		return ErrClosed
	case redis.IsReadOnlyError(err):
		err = fmt.Errorf("%w (%w)", ErrReadOnly, err)
	case redis.IsOOMError(err):
		err = fmt.Errorf("%w (%w)", ErrOutOfMemory, err)
	case redis.IsAuthError(err), redis.IsPermissionError(err):
		err = fmt.Errorf("%w (%w)", ErrRefused, err)
	}
	return fmt.Errorf("rediscache: %s: %w", call, err)
}
