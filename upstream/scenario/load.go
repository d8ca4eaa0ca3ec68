// Making the calls, and noting what their callers see.

package scenario

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Call is one call of a load.
type Call struct {
	Load
	Body []byte
}

// Asker makes a call, and returns the status that its caller sees when the answer
// is there to its end. The error is one of the connection, or ctx's.
type Asker func(ctx context.Context, c Call) (status int, err error)

// outcome is what a caller has seen.
type outcome struct {
	load   Load
	mark   uint64
	sent   time.Time
	took   time.Duration
	status int
	err    error // also of calls that had no answer at the end
}

// run is a scenario being played.
type run struct {
	scenario Scenario
	model    string
	askers   []Asker // calls go to each in turn
	begun    time.Time

	calls    sync.WaitGroup
	mu       sync.Mutex
	marks    uint64
	outcomes []outcome
}

// seed makes every run the same.
const seed = 20261124

// play makes the calls of all loads. At half-time it calls half, and when the
// last call has been made, full. It returns when every call has its answer, or
// was given up.
func (r *run) play(ctx context.Context, half, full func()) []outcome {
	r.begun = time.Now()
	// Not a deadline, which clients would see and give up at once.
	ctx, cancel := context.WithCancel(ctx)
	defer time.AfterFunc(r.scenario.Length+r.scenario.Drain, cancel).Stop()
	defer cancel()
	var loads sync.WaitGroup
	for i, l := range r.scenario.Load {
		loads.Go(func() { r.generate(ctx, l, rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	sleepUntil(ctx, r.begun.Add(r.scenario.Length/2))
	half()
	sleepUntil(ctx, r.begun.Add(r.scenario.Length))
	full()
	loads.Wait()
	r.calls.Wait()
	return r.outcomes
}

// generate makes the calls of one load, each at a random time of its turn.
func (r *run) generate(ctx context.Context, l Load, random *rand.Rand) {
	for turn := time.Duration(0); turn+l.Every <= r.scenario.Length; turn += l.Every {
		sleepUntil(ctx, r.begun.Add(turn+time.Duration(random.Float64()*float64(l.Every))))
		if ctx.Err() != nil {
			return
		}
		mark, ask := r.next()
		call := Call{Load: l, Body: l.body(r.model, mark, random)}
		r.calls.Go(func() { r.ask(ctx, ask, call, mark) })
	}
}

// next is a fresh mark and who is asked.
func (r *run) next() (uint64, Asker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marks++
	return r.marks, r.askers[r.marks%uint64(len(r.askers))]
}

func (r *run) ask(ctx context.Context, ask Asker, c Call, mark uint64) {
	o := outcome{load: c.Load, mark: mark, sent: time.Now()}
	o.status, o.err = ask(ctx, c)
	o.took = time.Since(o.sent)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes = append(r.outcomes, o)
}

// sleepUntil waits for t or until ctx ends.
func sleepUntil(ctx context.Context, t time.Time) {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
