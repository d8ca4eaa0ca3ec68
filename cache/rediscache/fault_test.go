package rediscache_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

func TestAKilledServerIsAFaultAndComesBack(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, rediscache.Options{URL: server.URL(), PoolSize: 4})
	put(t, s, record(1))
	server.Kill(t)
	for range 3 {
		wantFaults(t, s, nil)
	}
	took, _ := call(func(ctx context.Context) error {
		_, err := s.Get(ctx, cachetest.Key(1))
		return err
	})
	if took > callTime/2+patience/4 {
		t.Errorf("a call to a dead server took %v, want it to fail at once", took)
	}
	server.Restart(t)
	wantRecovery(t, s)
}

func TestOpenNeedsNoServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Kill(t)
	var log syncBuffer
	s := open(t, rediscache.Options{URL: server.URL(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	wantFaults(t, s, nil)
	server.Restart(t)
	wantRecovery(t, s)
	redistest.Eventually(t, "the log says that it can be used", func() bool {
		return strings.Contains(log.String(), "redis can be used")
	})
}

func TestAServerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
	warm := open(t, rediscache.Options{URL: proxy.URL()})
	put(t, warm, record(1))
	proxy.Set(redistest.Swallow)
	cold := open(t, rediscache.Options{URL: proxy.URL(), DialTimeout: 50 * time.Millisecond, ReadTimeout: 50 * time.Millisecond})
	wantFaults(t, warm, context.DeadlineExceeded)
	wantFaults(t, cold, nil)
	proxy.Set(redistest.Reset)
	wantFaults(t, warm, nil)
	proxy.Set(redistest.None)
	wantRecovery(t, warm)
	wantRecovery(t, cold)
}

func TestWrongServersSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	primary := redistest.Start(t)
	replica := redistest.StartReplica(t, primary)
	node := redistest.Start(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
		"--cluster-port", port(redistest.FreePort(t)))
	locked := redistest.Start(t, "--requirepass", "right")
	for _, c := range []struct {
		name string
		url  string
		want error
	}{
		{"a web server", "redis://" + strings.TrimPrefix(web.URL, "http://"), nil},
		{"an old Redis", oldServer(t), rediscache.ErrWrongServer},
		{"a replica", replica.URL(), rediscache.ErrReadOnly},
		{"a node of a Cluster", node.URL(), rediscache.ErrWrongServer},
		{"no Cluster", "redis-cluster://" + primary.Addr(), rediscache.ErrWrongServer},
		{"a wrong password", "redis://:wrong-secret@" + locked.Addr(), rediscache.ErrRefused},
		{"a wrong user", "redis://somebody:wrong-secret@" + locked.Addr(), rediscache.ErrRefused},
		{"no password", locked.URL(), rediscache.ErrRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log syncBuffer
			s := open(t, rediscache.Options{URL: c.url, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			wantFaults(t, s, c.want)
			_, err := s.Get(context.Background(), cachetest.Key(1))
			if strings.Contains(err.Error()+log.String(), "wrong-secret") {
				t.Errorf("the password is in an error or the log: %v\n%s", err, log.String())
			}
			if !strings.Contains(log.String(), "can't be used") {
				t.Errorf("the log does not say so: %s", log.String())
			}
		})
	}
	s := open(t, rediscache.Options{URL: locked.URL(), Password: "right"})
	put(t, s, record(1))
}

// A primary that becomes a replica under a running store.
func TestAServerThatTurnsReadOnly(t *testing.T) {
	t.Parallel()
	primary, server := redistest.Start(t), redistest.Start(t)
	s := open(t, rediscache.Options{URL: server.URL()})
	put(t, s, record(1))
	server.Do(t, "replicaof", "127.0.0.1", primary.Port)
	_, err := call(func(ctx context.Context) error { return s.Put(ctx, records(1)) })
	if !errors.Is(err, rediscache.ErrReadOnly) {
		t.Errorf("Put: %v, want ErrReadOnly", err)
	}
	server.Do(t, "replicaof", "no", "one")
	wantRecovery(t, s)
}

func TestAFullServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one, other := open(t, rediscache.Options{URL: server.URL()}), open(t, rediscache.Options{URL: server.URL()})
	seen := follow(t, other)
	put(t, one, record(1), record(2))
	server.Do(t, "config", "set", "maxmemory", "1mb")
	if err := one.Put(context.Background(), records(1)); !errors.Is(err, rediscache.ErrOutOfMemory) {
		t.Errorf("Put: %v, want ErrOutOfMemory", err)
	}
	if _, err := one.Get(context.Background(), cachetest.Key(1)); err != nil {
		t.Errorf("Get from a full server: %v", err)
	}
	// A full server can't count deletions, but it deletes and tells of them.
	n, err := one.Delete(context.Background(), []cache.Key{cachetest.Key(1)})
	if n != 1 || !errors.Is(err, rediscache.ErrOutOfMemory) {
		t.Errorf("Delete = %d, %v, want 1 and ErrOutOfMemory", n, err)
	}
	within(t, aSecond, "the other replica knows", func() bool { return seen.has(cachetest.Key(1)) })
	server.Do(t, "config", "set", "maxmemory", "0")
	wantRecovery(t, one)
	remove(t, one, cachetest.Key(2))
	within(t, aSecond, "the other replica knows", func() bool { return seen.has(cachetest.Key(2)) })
}

func TestAFlushIsManyMisses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, rediscache.Options{URL: server.URL()})
	put(t, s, records(20)...)
	server.Do(t, "flushall")
	if _, err := s.Get(context.Background(), cachetest.Key(1)); !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("Get: %v, want ErrNotFound", err)
	}
	if n, err := s.Delete(context.Background(), []cache.Key{cachetest.Key(1)}); n != 0 || err != nil {
		t.Errorf("Delete = %d, %v, want 0", n, err)
	}
	put(t, s, records(3)...)
	if got := count(t, s, cache.Selector{Tenant: "acme"}); got != 3 {
		t.Errorf("Select yields %d entries, want 3", got)
	}
}

// Scripts vanish while they are in use; no call fails for it.
func TestScriptsThatAreFlushedAreSentAgain(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 0)
	s := open(t, rediscache.Options{URL: cluster.URL()})
	var stop atomic.Bool
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for round := 0; !stop.Load(); round++ {
				ctx, n := context.Background(), 10_000*worker+round*10
				batch := records(n + 10)[n:]
				keys := make([]cache.Key, len(batch))
				for i := range batch {
					keys[i] = batch[i].Key
				}
				if err := s.Put(ctx, batch); err != nil {
					t.Errorf("Put: %v", err)
				}
				if _, err := s.Acquire(ctx, keys[0], "me", time.Second); err != nil {
					t.Errorf("Acquire: %v", err)
				}
				if n, err := s.Delete(ctx, keys); n != len(keys) || err != nil {
					t.Errorf("Delete = %d, %v, want %d", n, err, len(keys))
				}
			}
		})
	}
	for range 15 {
		for _, node := range cluster.Primaries {
			node.Do(t, "script", "flush")
		}
	}
	stop.Store(true)
	group.Wait()
}

func TestCallsAfterClose(t *testing.T) {
	t.Parallel()
	s := open(t, rediscache.Options{URL: redistest.Start(t).URL()})
	put(t, s, record(1))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	wantFaults(t, s, rediscache.ErrClosed)
	s.Watch(context.Background(), func([]cache.Key) {}, func() {}) // ends
}

// oldServer answers like Redis 5: it does not know HELLO.
func oldServer(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buffer := make([]byte, 4096)
				for {
					if _, err := conn.Read(buffer); err != nil {
						return
					}
					if _, err := conn.Write([]byte("-ERR unknown command `hello`, with args beginning with: `2`, \r\n")); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "redis://" + l.Addr().String()
}

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
