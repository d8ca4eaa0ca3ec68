// Work that several requests share, and work that one request spreads.

package api

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/askonce/askonce/cache"
)

// shared runs one call for all who ask for the same key at the same time. The
// call runs on a context of its own, which ends when the last who waits for it
// has left.
type shared struct {
	mu    sync.Mutex
	calls map[cache.Key]*sharedCall
}

type sharedCall struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{}
	answer  *gathered
	err     error
}

func newShared() *shared { return &shared{calls: make(map[cache.Key]*sharedCall)} }

func (s *shared) do(ctx context.Context, key cache.Key, ask func(context.Context) (*gathered, error)) (*gathered, error) {
	call := s.enter(ctx, key, ask)
	defer s.leave(key, call)
	select {
	case <-call.done:
		return call.answer, call.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// enter joins the call for key, or starts it.
func (s *shared) enter(ctx context.Context, key cache.Key, ask func(context.Context) (*gathered, error)) *sharedCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	if call, ok := s.calls[key]; ok {
		call.waiting++
		return call
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	call := &sharedCall{waiting: 1, cancel: cancel, done: make(chan struct{})}
	s.calls[key] = call
	go func() {
		defer close(call.done)
		defer func() {
			// No server recovers this goroutine, and others wait for it.
			if p := recover(); p != nil {
				call.err = fmt.Errorf("shared call panicked: %v\n%s", p, debug.Stack())
			}
		}()
		call.answer, call.err = ask(ctx)
	}()
	return call
}

// leave ends a call that nobody waits for, and makes room for the next.
func (s *shared) leave(key cache.Key, call *sharedCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call.waiting--
	select {
	case <-call.done:
	default:
		if call.waiting > 0 {
			return
		}
	}
	if s.calls[key] == call {
		delete(s.calls, key)
	}
	call.cancel()
}

const (
	spreadFrom    = 32 // fewer pieces of work are done in turn
	spreadWorkers = 8
)

// inParallel calls do for 0 to n-1, on several goroutines if there are many.
func inParallel(n int, do func(i int)) {
	if n < spreadFrom {
		for i := range n {
			do(i)
		}
		return
	}
	spread(n, spreadWorkers, do)
}

// spread calls do for 0 to n-1 on as many goroutines as workers says.
func spread(n, workers int, do func(i int)) {
	var group sync.WaitGroup
	for worker := range min(n, workers) {
		group.Go(func() {
			for i := worker; i < n; i += workers {
				do(i)
			}
		})
	}
	group.Wait()
}
