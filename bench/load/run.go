// A run: some connections, each asking again as soon as it is answered.

package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Source makes the next request of a connection: all bytes of it, valid until
// the next call.
type Source func() []byte

// Options say what to ask and for how long. All fields but Protocol and Warmup
// are required.
type Options struct {
	Protocol    Protocol      // default HTTP
	Addr        string        // of the server: host:port
	Connections int           // each has one request in flight
	For         time.Duration // no request starts later than this after the first
	MaxRequests int           // nor after so many on each connection
	Warmup      int           // requests of each connection before the clock starts

	// Requests is called once for each connection, Check for every answer, by
	// several connections at once. An error ends the run.
	Requests func(connection int) Source
	Check    func(Response) error
}

func (o *Options) validate() error {
	var problems []error
	problem := func(bad bool, text string) {
		if bad {
			problems = append(problems, errors.New("load: "+text))
		}
	}
	problem(o.Addr == "", "Addr: the server's host:port is required")
	problem(o.Connections < 1, "Connections: at least 1")
	problem(o.For <= 0, "For: a positive duration is required")
	problem(o.MaxRequests < 1, "MaxRequests: at least 1")
	problem(o.Warmup < 0, "Warmup: may not be negative")
	problem(o.Requests == nil || o.Check == nil, "Requests, Check: both are required")
	return errors.Join(problems...)
}

// slack is how long the last answers of a run may take.
const slack = 20 * time.Second

// Run asks until the time or the requests are used up. The error is the first
// that any connection met; there is no result then.
func Run(ctx context.Context, opts Options) (*Result, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := make([]*worker, opts.Connections)
	var warm, done sync.WaitGroup
	start := make(chan struct{})
	for i := range workers {
		workers[i] = &worker{opts: &opts, next: opts.Requests(i)}
		warm.Add(1)
		done.Go(func() {
			err := workers[i].warmUp(ctx)
			warm.Done()
			if err == nil {
				<-start
				err = workers[i].measure(ctx)
			}
			if err != nil {
				cancel(fmt.Errorf("connection %d, request %d: %w", i+1, workers[i].sent, err))
			}
		})
	}
	warm.Wait()
	began := time.Now()
	close(start)
	done.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return collect(workers, began), nil
}

// worker drives one connection.
type worker struct {
	opts      *Options
	next      Source
	conn      *Conn
	sent      int
	latencies []time.Duration
	ended     time.Time
}

func (w *worker) warmUp(ctx context.Context) (err error) {
	if w.conn, err = Dial(ctx, w.opts.Protocol, w.opts.Addr); err != nil {
		return err
	}
	w.latencies = make([]time.Duration, 0, min(w.opts.MaxRequests, 1<<16))
	if err := w.conn.ExpireAt(time.Now().Add(slack)); err != nil {
		return err
	}
	for range w.opts.Warmup {
		if err := w.ask(); err != nil {
			return errors.Join(err, w.conn.Close())
		}
	}
	return nil
}

// measure asks until the run is over. Other connections' errors end it as well.
func (w *worker) measure(ctx context.Context) error {
	defer w.conn.Close()
	asked := time.Now()
	until := asked.Add(w.opts.For)
	if err := w.conn.ExpireAt(until.Add(slack)); err != nil {
		return err
	}
	for range w.opts.MaxRequests {
		if err := w.ask(); err != nil {
			return err
		}
		answered := time.Now()
		w.latencies = append(w.latencies, answered.Sub(asked))
		w.ended, asked = answered, answered
		if answered.After(until) || ctx.Err() != nil {
			break
		}
	}
	return nil
}

func (w *worker) ask() error {
	w.sent++
	response, err := w.conn.Do(w.next())
	if err != nil {
		return err
	}
	return w.opts.Check(response)
}
