package cache

import (
	"context"
	"io"
	"sync"
)

// feed is the body of an origin's answer as it arrives, for any number of
// readers: each reads all of it, at its own pace. The chunks are a linked
// list, so that what every reader has passed is garbage once the feed is
// closed to newcomers.
type feed struct {
	mu    sync.Mutex
	first *chunk // where newcomers start; nil once closed to them
	last  *chunk
	wake  chan struct{} // closed by the next append; nil while nobody waits
	err   error         // io.EOF, or what broke the body off; nil before the end
}

type chunk struct {
	bytes []byte
	next  *chunk
}

func newFeed() *feed {
	start := &chunk{}
	return &feed{first: start, last: start}
}

// start is the place before the first byte; nil if the feed is closed to
// newcomers.
func (f *feed) start() *chunk {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.first
}

// shut closes the feed to newcomers.
func (f *feed) shut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.first = nil
}

func (f *feed) append(bytes []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last.next = &chunk{bytes: bytes}
	f.last = f.last.next
	f.rouse()
}

// end closes the feed: with nil at a regular end.
func (f *feed) end(err error) {
	if err == nil {
		err = io.EOF
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	f.rouse()
}

func (f *feed) rouse() {
	if f.wake != nil {
		close(f.wake)
		f.wake = nil
	}
}

// after waits for the chunk behind at.
func (f *feed) after(ctx context.Context, at *chunk) (*chunk, error) {
	for {
		next, wake, err := f.poll(at)
		if next != nil || err != nil {
			return next, err
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (f *feed) poll(at *chunk) (*chunk, <-chan struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at.next != nil {
		return at.next, nil, nil
	}
	if f.err != nil {
		return nil, nil, f.err
	}
	if f.wake == nil {
		f.wake = make(chan struct{})
	}
	return nil, f.wake, nil
}
