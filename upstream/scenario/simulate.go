// Playing a scenario in simulated time.

package scenario

import (
	"context"
	"fmt"
	"net/http"
)

// Simulate plays s in simulated time, with askonce's own client and with the
// naive one.
func Simulate(s Scenario) (*Report, error) {
	if s.Restarts {
		return nil, fmt.Errorf("scenario %s: a ledger that restarts is not simulated", s.Name)
	}
	askonce, err := simulated(s, s.paced)
	if err != nil {
		return nil, err
	}
	naive, err := simulated(s, s.naive)
	if err != nil {
		return nil, err
	}
	return NewReport(s, "simulated", askonce, naive), nil
}

// simulated plays s with the clients that connect makes, and has them closed.
func simulated(s Scenario, connect func(*stage) ([]Asker, func(), error)) (f Figures, err error) {
	inBubble(func() {
		var st *stage
		if st, err = newStage(s); err != nil {
			return
		}
		defer st.close()
		askers, closeAll, connectErr := connect(st)
		if err = connectErr; err != nil {
			return
		}
		defer closeAll()
		st.restart()
		f = Play(context.Background(), s, askers, st.Providers, nil)
	})
	return f, err
}

// naive is a client that backs off only, and knows only the primary.
func (s Scenario) naive(st *stage) ([]Asker, func(), error) {
	transport := &http.Transport{DialContext: st.DialContext, MaxIdleConnsPerHost: 1 << 10}
	return []Asker{Naive(transport, "http://"+primaryHost+"/v1")}, transport.CloseIdleConnections, nil
}
