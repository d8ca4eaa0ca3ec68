// The providers of a simulated run, reached over a network in memory.

package scenario

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/askonce/askonce/upstream/internal/pipenet"
	"github.com/askonce/askonce/upstream/simulator"
)

// The hosts of a stage.
const (
	primaryHost    = "primary.invalid"
	substituteHost = "substitute.invalid"
)

// ProviderLatency is how long a simulated provider takes to answer.
const ProviderLatency = time.Second

// stage is the providers and the way to them.
type stage struct {
	Providers
	simulators []*simulator.Simulator
	listeners  map[string]*pipenet.Listener // by host
}

// NewSimulator makes one of a scenario's providers; only the first has the faults.
func NewSimulator(s Scenario, script []simulator.Step) (*simulator.Simulator, error) {
	return simulator.New(simulator.Options{
		Answer: answer, Latency: ProviderLatency, Limits: s.Limits, Script: script, RetryHint: simulator.RetryMillis,
	})
}

func newStage(s Scenario) (*stage, error) {
	st := &stage{listeners: make(map[string]*pipenet.Listener)}
	var err error
	if st.Primary, err = st.add(primaryHost, s, s.Script); err == nil && s.Substitute {
		st.Substitute, err = st.add(substituteHost, s, nil)
	}
	if err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

// add starts a provider.
func (st *stage) add(host string, s Scenario, script []simulator.Step) (*simulator.Watcher, error) {
	sim, err := NewSimulator(s, script)
	if err != nil {
		return nil, err
	}
	st.simulators = append(st.simulators, sim)
	w := &simulator.Watcher{Next: sim}
	st.listeners[host] = pipenet.Serve(&distance{next: w, random: rand.New(rand.NewPCG(seed, uint64(len(host))))})
	return w, nil
}

// DialContext connects to a provider.
func (st *stage) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, _ := strings.Cut(address, ":")
	l, ok := st.listeners[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return l.DialContext(ctx, network, address)
}

// restart sets the clocks of the providers' scripts to now.
func (st *stage) restart() {
	for _, s := range st.simulators {
		s.Reset()
	}
}

func (st *stage) close() {
	for _, l := range st.listeners {
		l.Stop()
	}
}

// distance is the way to a provider: calls take 5 to 25 ms, so that they may
// overtake each other.
type distance struct {
	next   http.Handler
	mu     sync.Mutex
	random *rand.Rand
}

func (d *distance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	way := 5*time.Millisecond + time.Duration(d.random.Int64N(int64(20*time.Millisecond)))
	d.mu.Unlock()
	time.Sleep(way)
	d.next.ServeHTTP(w, r)
}
