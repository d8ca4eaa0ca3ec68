// Opening and closing an index.

package qdrantcache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/qdrant/go-client/qdrant"
	"golang.org/x/sync/singleflight"
	"google.golang.org/grpc"

	"github.com/askonce/askonce/cache"
)

// Index is a [cache.Index] on one collection of a Qdrant server or cluster.
type Index struct {
	options     Options
	names       names
	log         *slog.Logger
	conn        *grpc.ClientConn
	points      qdrant.PointsClient
	collections qdrant.CollectionsClient

	prepared  atomic.Bool // the collection is there and fits
	preparing singleflight.Group
	reported  string // the last outcome that was logged; of the one attempt
	unread    sync.Once

	ctx     context.Context // of all that runs in the background
	stop    context.CancelFunc
	mu      sync.Mutex // orders begin and Close
	closed  bool
	running sync.WaitGroup
}

var _ cache.Index = (*Index)(nil)

// Open returns the index for the options. The collection, its payload indexes
// and its alias are made if they aren't there.
//
// A server that can't be reached, or that is slow, is no error: the index
// begins without it, its calls fail, and the first call that reaches the
// server prepares the collection. A [MismatchError], a [NewerLayoutError] or
// [ErrUnauthorised] is an error at once; if the server was not there at first,
// it is the error of the calls.
func Open(ctx context.Context, o Options) (*Index, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("qdrantcache: %w", err)
	}
	conn, err := dial(o)
	if err != nil {
		return nil, fmt.Errorf("qdrantcache: %w", err)
	}
	x := &Index{
		options: o, names: newNames(o.Collection, o.Identity), log: o.Log,
		conn: conn, points: qdrant.NewPointsClient(conn), collections: qdrant.NewCollectionsClient(conn),
	}
	x.ctx, x.stop = context.WithCancel(context.Background())
	if e, _ := parseURL(o.URL); o.APIKey != "" && e.exposed() {
		x.log.Warn("the API key of Qdrant crosses the network without TLS; use an https URL")
	}
	if err := x.begun(ctx); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	x.running.Go(x.sweepAgainAndAgain)
	return x, nil
}

// begun waits for the collection and returns only what waiting does not mend.
func (x *Index) begun(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, x.options.OpenWait)
	defer cancel()
	err := x.ready(ctx)
	if final(err) || errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		x.log.Warn("Qdrant does not answer; the service starts without it", "alias", x.names.alias)
	}
	return nil
}

// Close ends the background work and the connection.
func (x *Index) Close() error {
	x.mu.Lock()
	closed := x.closed
	x.closed = true
	x.mu.Unlock()
	if closed {
		return nil
	}
	x.stop()
	x.running.Wait()
	return x.conn.Close()
}

// begin reports whether work may begin in the background; if so, the caller
// says when it is done.
func (x *Index) begin() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return false
	}
	x.running.Add(1)
	return true
}

// failed wraps the error of a call. If the collection is gone, the next call
// makes it anew.
func (x *Index) failed(ctx context.Context, call string, err error) error {
	err = x.wrap(ctx, call+" in "+x.names.alias, err)
	if errors.Is(err, ErrMissing) {
		x.prepared.Store(false)
	}
	if x.ctx.Err() != nil {
		return ErrClosed
	}
	return err
}
