// The load: repeats, rewordings and new questions, some of them as streams.

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	callers    = 12
	thinkTime  = 200 * time.Millisecond // between a caller's requests, on average
	knownCount = 60                     // questions that come again and again
	streams    = 3                      // one of so many requests asks for a stream
)

// The phases of a run.
const (
	calm int32 = iota
	chaotic
)

// kind is what a request is.
type kind string

const (
	repeated kind = "repeated"
	reworded kind = "reworded"
	fresh    kind = "new"
)

var kinds = []kind{repeated, reworded, fresh}

// sample is one request that was answered.
type sample struct {
	kind   kind
	stream bool
	layer  string
	phase  int32
	took   time.Duration
}

// load is what the callers do and see.
type load struct {
	stage  *stage
	client *http.Client
	phase  atomic.Int32
	serial atomic.Uint64

	mu       sync.Mutex
	samples  []sample
	requests int
	cut      int // answers that broke off with the replica that gave them
	failed   []error
}

func newLoad(s *stage) *load {
	return &load{stage: s, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}}
}

// known is the nth question that comes again, reworded if asked so.
func known(n int, wording string) string {
	random := rand.New(rand.NewPCG(uint64(n), 1))
	return fmt.Sprintf("How %s I reset my %s?", wording, phrase(random, 3))
}

// phrase is some words, none like those of another question.
func phrase(random *rand.Rand, length int) string {
	chosen := make([]string, length)
	for i := range chosen {
		chosen[i] = words[random.IntN(len(words))]
	}
	return strings.Join(chosen, " ")
}

var words = strings.Fields(`anchor bishop cactus dentist engine falcon garlic hockey island jacket kernel lantern marble needle
	orchid pirate quartz rabbit saddle tunnel umbrella violin walnut yogurt zipper blizzard cathedral dolphin elevator fountain
	glacier hammock insect jungle kitchen lobster magnet nectar oyster parrot quilt raccoon sailor tornado`)

// warm asks the known questions once, so that the calm knows them.
func (l *load) warm(ctx context.Context) error {
	for n := range knownCount {
		if _, err := ask(ctx, l.client, l.stage.front.URL, known(n, "do"), false); err != nil {
			return fmt.Errorf("the first questions: %w", err)
		}
	}
	return nil
}

// start lets the callers ask until ctx ends. The channel is closed when the
// last of them has his answer.
func (l *load) start(ctx context.Context) <-chan struct{} {
	ended := make(chan struct{})
	var group sync.WaitGroup
	for n := range callers {
		group.Go(func() { l.call(ctx, rand.New(rand.NewPCG(uint64(n), 2))) })
	}
	go func() {
		group.Wait()
		close(ended)
	}()
	return ended
}

// call is one caller.
func (l *load) call(ctx context.Context, random *rand.Rand) {
	for pause(ctx, time.Duration(random.Int64N(2*int64(thinkTime)))) {
		var s sample
		var question string
		switch n := random.IntN(10); {
		case n < 5:
			s.kind, question = repeated, known(random.IntN(knownCount), "do")
		case n < 7:
			s.kind, question = reworded, known(random.IntN(knownCount), "can")
		default:
			s.kind, question = fresh, fmt.Sprintf("Tell me something about %s, number %d.", phrase(random, 5), l.serial.Add(1))
		}
		s.stream = random.IntN(streams) == 0
		s.phase = l.phase.Load()
		l.request(s, question)
	}
}

// request asks until there is an answer, at most twice: an answer that broke
// off with its replica is asked for again, as a person would.
func (l *load) request(s sample, question string) {
	// The run's end does not cut off who is waiting.
	ctx := context.Background()
	began := time.Now()
	got, err := ask(ctx, l.client, l.stage.front.URL, question, s.stream)
	again := errors.Is(err, errCut)
	if again {
		got, err = ask(ctx, l.client, l.stage.front.URL, question, s.stream)
	}
	s.took, s.layer = time.Since(began), got.layer
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests++
	if again {
		l.cut++
	}
	if err != nil {
		l.failed = append(l.failed, fmt.Errorf("%s %s: %w", time.Now().Format("15:04:05"), s.kind, err))
		return
	}
	l.samples = append(l.samples, s)
}
