package cache

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// flightID names what may share one origin call.
type flightID struct {
	key     Key
	variant string
}

// flight is one origin call and all who wait for its answer.
type flight struct {
	all     *flights
	id      flightID
	private bool         // nobody may join
	keep    bool         // the answer is to be stored
	another bool         // a substitute for the model asked for answers
	asked   *atomic.Bool // set when the origin is asked; nil: it is at once
	cancel  context.CancelFunc
	waiters int // guarded by flights.mu
	lease   lease
	loading time.Time // when the origin call began

	// head is closed once the fields below it are set: a hit, an error, or
	// the head of the origin's answer, whose body is in feed.
	head    chan struct{}
	entry   *Entry
	receipt Receipt
	err     error
	status  int
	header  http.Header
	stream  bool
	length  int64 // of the body; negative: not known

	feed *feed

	// whole is closed once doc and docErr are set: the complete answer as one
	// document, or why there is none.
	whole  chan struct{}
	doc    []byte
	docErr error
}

// flights are the origin calls in the air.
type flights struct {
	mu      sync.Mutex
	open    map[flightID]*flight // those that may be joined
	flying  map[*flight]struct{} // all
	closed  bool
	drained chan struct{} // closed when closed and nothing flies
}

var errClosed = errors.New("cache: closed")

func newFlights() *flights {
	return &flights{
		open:    make(map[flightID]*flight),
		flying:  make(map[*flight]struct{}),
		drained: make(chan struct{}),
	}
}

// enter joins the flight for id, or starts one (lead is true then, and the
// caller must run it and call exit). at is where the caller starts to read.
func (fs *flights) enter(id flightID, private, keep bool, asked *atomic.Bool, cancel context.CancelFunc) (f *flight, at *chunk, lead bool, err error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if !private {
		if f := fs.open[id]; f != nil {
			if at := f.feed.start(); at != nil {
				f.waiters++
				return f, at, false, nil
			}
		}
	}
	if fs.closed {
		return nil, nil, false, errClosed
	}
	f = &flight{
		all: fs, id: id, private: private, keep: keep, asked: asked, cancel: cancel, waiters: 1,
		head: make(chan struct{}), whole: make(chan struct{}), feed: newFeed(),
	}
	fs.flying[f] = struct{}{}
	if !private {
		fs.open[id] = f
	}
	return f, f.feed.start(), true, nil
}

// leave is called when a caller is done with the flight. An origin call that
// nobody waits for is ended, unless it is being made and its answer will be
// stored: then it serves whoever asks next.
func (fs *flights) leave(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.waiters--
	if f.waiters == 0 && !(f.keep && f.asking()) {
		f.cancel()
		fs.shut(f)
	}
}

// asking reports whether the origin has the call, as far as is known.
func (f *flight) asking() bool { return f.asked == nil || f.asked.Load() }

// shut keeps newcomers from joining f.
func (fs *flights) shut(f *flight) {
	if fs.open[f.id] == f {
		delete(fs.open, f.id)
	}
	f.feed.shut()
}

// unjoinable is shut for those who do not hold the lock.
func (fs *flights) unjoinable(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.shut(f)
}

// exit takes a flight that has ended out of the air.
func (fs *flights) exit(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.shut(f)
	f.cancel()
	delete(fs.flying, f)
	if fs.closed && len(fs.flying) == 0 {
		close(fs.drained)
	}
}

func (fs *flights) count() int {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return len(fs.flying)
}

// close lets no new flight start and waits for those in the air. When ctx
// ends first, they are cut off.
func (fs *flights) close(ctx context.Context) error {
	fs.mu.Lock()
	if fs.closed {
		fs.mu.Unlock()
		return nil
	}
	fs.closed = true
	if len(fs.flying) == 0 {
		close(fs.drained)
	}
	fs.mu.Unlock()
	abandoned := time.NewTimer(closingGrace)
	defer abandoned.Stop()
	for {
		select {
		case <-fs.drained:
			return nil
		case <-abandoned.C:
			fs.cut(func(f *flight) bool { return f.waiters == 0 })
		case <-ctx.Done():
			if fs.cut(func(*flight) bool { return true }) == 0 {
				return nil
			}
			return errors.New("cache: closed with origin calls in the air, which were cut off")
		}
	}
}

// closingGrace is what calls that nobody waits for get to finish when the
// cache closes.
const closingGrace = 2 * time.Second

// cut ends the flights that which names, and returns how many.
func (fs *flights) cut(which func(*flight) bool) int {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	n := 0
	for f := range fs.flying {
		if which(f) {
			f.cancel()
			n++
		}
	}
	return n
}

// hit settles the flight with an entry.
func (f *flight) hit(entry *Entry) {
	f.entry = entry
	close(f.head)
	f.end(nil, nil)
}

// fail settles the flight without an answer.
func (f *flight) fail(err error) {
	f.all.unjoinable(f)
	f.err = err
	close(f.head)
	f.end(err, err)
}

// begin makes the head of the origin's answer known.
func (f *flight) begin(resp *http.Response, stream bool, length int64) {
	f.status, f.header, f.stream, f.length = resp.StatusCode, resp.Header, stream, length
	close(f.head)
}

// complete makes the whole document known; called once.
func (f *flight) complete(doc []byte, err error) {
	f.doc, f.docErr = doc, err
	close(f.whole)
}

// end closes the body, with err if it broke off, and the document with docErr
// if it has not been completed. From before the end on nobody joins: whoever
// comes now finds the answer in the cache, or it was not worth keeping.
func (f *flight) end(docErr, err error) {
	f.all.unjoinable(f)
	select {
	case <-f.whole:
	default:
		f.complete(nil, docErr)
	}
	f.feed.end(err)
}

// deadline bounds a flight: it does not end with the caller who started it.
func deadline(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}
