// Opening and closing a store, and what runs behind it.

package rediscache

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache"
)

// Store keeps entries in Redis.
type Store struct {
	client  redis.UniversalClient
	names   names
	options Options
	log     *slog.Logger
	self    string // names this Store in messages

	closed chan struct{} // when Close begins

	lifeMu sync.Mutex // for starting work in the background, and Close
	ended  bool
	group  sync.WaitGroup

	owed    owed
	waiting waiting
}

var (
	_ cache.Store    = (*Store)(nil)
	_ cache.Shared   = (*Store)(nil)
	_ cache.Books    = (*Store)(nil)
	_ cache.Counters = (*Store)(nil)
)

// selfSize is the length of a Store's name in messages.
const selfSize = 32

// Open returns a store on the server that the options name. A server that
// can't be reached, or not be used, is no error but a warning in the log: calls
// fail until it can. Only options that are wrong fail Open. Close the store
// after use.
func Open(ctx context.Context, options Options) (*Store, error) {
	options = options.withDefaults()
	to, err := options.validate()
	if err != nil {
		return nil, fmt.Errorf("rediscache: options: %w", err)
	}
	name := make([]byte, selfSize/2)
	rand.Read(name)
	s := &Store{
		client:  newClient(to, options),
		names:   newNames(options.Prefix),
		options: options,
		log:     options.Logger,
		self:    hex.EncodeToString(name),
		closed:  make(chan struct{}),
	}
	s.owed.wake = make(chan struct{}, 1)
	s.waiting.byKey = make(map[cache.Key]map[*waiter]struct{})
	if options.Registerer != nil {
		if err := options.Registerer.Register(newPoolMetrics(s.client)); err != nil {
			s.client.Close()
			return nil, fmt.Errorf("rediscache: metrics: %w", err)
		}
	}
	if err := s.prepare(ctx); err != nil {
		s.log.Warn("redis can't be used yet; calls fail until it can", "error", err)
		s.background(s.prepareLater)
	}
	s.background(s.payOwed)
	s.background(s.sweepOften)
	return s, nil
}

// Client is what the Store asks with, for others who keep things in the same
// place. It ends with the Store.
func (s *Store) Client() redis.UniversalClient { return s.client }

// Close ends what runs in the background and closes the connections. Calls
// that are in the air fail.
func (s *Store) Close() error {
	s.lifeMu.Lock()
	if s.ended {
		s.lifeMu.Unlock()
		return nil
	}
	s.ended = true
	close(s.closed)
	s.lifeMu.Unlock()
	err := s.client.Close()
	s.group.Wait()
	return err
}

// background runs work until Close, which ends its context.
func (s *Store) background(work func(context.Context)) {
	s.lifeMu.Lock()
	defer s.lifeMu.Unlock()
	if s.ended {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.group.Go(func() {
		defer cancel()
		work(ctx)
	})
	s.group.Go(func() {
		select {
		case <-s.closed:
			cancel()
		case <-ctx.Done():
		}
	})
}

// prepare makes a first connection, which checks the server, and looks at the
// eviction policy, if the server lets it.
func (s *Store) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.DialTimeout+s.options.ReadTimeout)
	defer cancel()
	if err := s.client.Get(ctx, s.names.generation).Err(); err != nil && !errors.Is(err, redis.Nil) {
		return fault(ctx, "open", err)
	}
	policy, err := s.client.Info(ctx, "memory").Result()
	if err == nil && strings.Contains(policy, "maxmemory_policy:allkeys-") {
		s.log.Warn("redis may evict the index: entries whose tags were evicted are not found by them; set maxmemory-policy to volatile-lfu")
	}
	return nil
}

const prepareAgain = time.Second

// prepareLater prepares a server that Open could not reach.
func (s *Store) prepareLater(ctx context.Context) {
	for pause(ctx, prepareAgain) {
		if s.prepare(ctx) == nil {
			s.log.Info("redis can be used")
			return
		}
	}
}

// pause waits, and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
