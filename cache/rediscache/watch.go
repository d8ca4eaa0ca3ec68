// Following what other replicas delete.

package rediscache

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/askonce/askonce/cache"
)

const (
	// checkEvery is how often a watcher compares generations.
	checkEvery = 400 * time.Millisecond

	// settle is how long a message may be on its way after the generation
	// that it has was seen.
	settle = 150 * time.Millisecond

	// lostBeat is how often lost is called while nothing can be followed.
	lostBeat = 500 * time.Millisecond

	// checkTimeout bounds a comparison.
	checkTimeout = 300 * time.Millisecond

	sessionPause = 100 * time.Millisecond
)

var errMissed = errors.New("deletions of other replicas may have been missed")

// watcher follows deletions for one Watch.
type watcher struct {
	store *Store
	gone  func([]cache.Key)

	mu        sync.Mutex // for one call of gone and lost at a time
	lost      func()
	following bool

	troubled bool // the log says that nothing can be followed

	// What follows belongs to the session.
	known   int64 // generation up to which nothing is missing
	suspect int64 // generation seen on the server ahead of known; 0: none
}

// Watch implements [cache.Shared]. Its own Store's deletions are not reported.
func (s *Store) Watch(ctx context.Context, gone func([]cache.Key), lost func()) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &watcher{store: s, gone: gone, lost: lost}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.followOn(ctx)
	}()
	beat := time.NewTicker(lostBeat)
	defer beat.Stop()
	for {
		select {
		case <-beat.C:
			w.beat()
		case <-s.closed:
			cancel()
			<-done
			return
		case <-done:
			return
		}
	}
}

// followOn opens one session after the other until ctx ends.
func (w *watcher) followOn(ctx context.Context) {
	for ctx.Err() == nil {
		err := w.store.listen(ctx, listener{
			channel: w.store.names.deleted,
			ready:   w.begin,
			message: w.message,
			tick:    w.check,
		})
		if ctx.Err() != nil {
			return
		}
		w.end()
		if !w.troubled {
			w.troubled = true
			w.store.log.Warn("deletions of other replicas can't be followed; what is in memory is forgotten every second", "error", fault(ctx, "watch", err))
		}
		pause(ctx, sessionPause)
	}
}

// begin runs when the subscription stands: from here on nothing is missed, and
// what was before is forgotten.
func (w *watcher) begin(ctx context.Context) error {
	n, err := generationScript.Run(ctx, w.store.client, []string{w.store.names.generation}).Int64()
	if err != nil {
		return err
	}
	w.known, w.suspect = n, 0
	if w.troubled {
		w.troubled = false
		w.store.log.Info("deletions of other replicas are followed again")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.following = true
	w.lost()
	return nil
}

func (w *watcher) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.following = false
	w.lost()
}

func (w *watcher) beat() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.following {
		w.lost()
	}
}

// message applies one notice. A number that is not the next means that others
// are missing.
func (w *watcher) message(payload string) error {
	n, err := parseNotice(payload)
	if err != nil {
		return err
	}
	switch {
	case n.generation == w.known+1:
		w.known = n.generation
	case n.generation > w.known:
		return fmt.Errorf("%w: message %d came after %d", errMissed, n.generation, w.known)
	}
	if n.sender == w.store.self {
		return nil
	}
	if len(n.keys) == 0 {
		return fmt.Errorf("%w: a replica had too many to tell", errMissed)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone(n.keys)
	return nil
}

// check compares generations, and returns when to do so again.
func (w *watcher) check(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	n, err := w.store.client.Get(ctx, w.store.names.generation).Int64()
	switch {
	case err != nil:
		return 0, err
	case n == w.known:
		w.suspect = 0
		return checkEvery, nil
	case n < w.known:
		return 0, fmt.Errorf("%w: the generation went back", errMissed)
	case w.suspect > w.known:
		return 0, fmt.Errorf("%w: message %d did not come", errMissed, w.suspect)
	}
	w.suspect = n
	return settle, nil
}

// notice is a message about deletions.
type notice struct {
	generation int64 // 0 from a server that could not count
	sender     string
	keys       []cache.Key // none: all
}

var errNotice = errors.New("message about deletions is malformed")

func parseNotice(payload string) (notice, error) {
	number, rest, _ := strings.Cut(payload, ":")
	generation, err := strconv.ParseInt(number, 10, 64)
	if err != nil || generation < 0 || len(rest) <= selfSize || rest[selfSize] != ':' {
		return notice{}, errNotice
	}
	n := notice{generation: generation, sender: rest[:selfSize]}
	rest = rest[selfSize+1:]
	if len(rest)%len(cache.Key{}) != 0 {
		return notice{}, errNotice
	}
	n.keys = make([]cache.Key, len(rest)/len(cache.Key{}))
	for i := range n.keys {
		copy(n.keys[i][:], rest[i*len(cache.Key{}):])
	}
	return n, nil
}
