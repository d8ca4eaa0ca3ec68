// Playing a scenario in real time: askonce as processes of their own, before a
// simulated provider or another one.

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/askonce/askonce/upstream/scenario"
	"github.com/askonce/askonce/upstream/simulator"
)

// realRun is a scenario to be played in real time.
type realRun struct {
	scenario scenario.Scenario
	upstream string // with the version; "" simulates the provider
	apiKey   string // of the upstream
	redis    string // URL; "" starts a server where one is needed
	log      *slog.Logger
}

// report plays the scenario with askonce and with a naive client: at the same
// time, or one after the other where both spend the same provider's limits.
func (r *realRun) report(ctx context.Context) (*scenario.Report, error) {
	var askonce, naive scenario.Figures
	var err, naiveErr error
	if r.upstream != "" {
		if askonce, err = r.play(ctx, r.withProcesses); err == nil {
			r.log.Info("waiting for the provider's windows to pass")
			err = wait(ctx, r.longestWindow())
		}
		if err == nil {
			naive, naiveErr = r.play(ctx, r.naively)
		}
	} else {
		var both sync.WaitGroup
		both.Go(func() { askonce, err = r.play(ctx, r.withProcesses) })
		both.Go(func() { naive, naiveErr = r.play(ctx, r.naively) })
		both.Wait()
	}
	if err = errors.Join(err, naiveErr); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, errors.New("interrupted")
	}
	return scenario.NewReport(r.scenario, "real", askonce, naive), nil
}

// client is who asks the providers, and how it is ended.
type client struct {
	askers []scenario.Asker
	half   func() // is called at half-time
	ends   []func() error
}

// atEnd has f called when the client is closed, the latest first.
func (c *client) atEnd(f func() error) { c.ends = append(c.ends, f) }

// close ends what was started.
func (c *client) close() error {
	var problems []error
	for _, end := range slices.Backward(c.ends) {
		problems = append(problems, end())
	}
	return errors.Join(problems...)
}

// play plays the scenario with the client that connect makes.
func (r *realRun) play(ctx context.Context, connect func(context.Context, []string) (*client, error)) (f scenario.Figures, err error) {
	providers, urls, stop, err := r.providers()
	if err != nil {
		return f, err
	}
	defer stop()
	c, err := connect(ctx, urls)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	return scenario.Play(ctx, r.scenario, c.askers, providers, c.half), nil
}

// providers starts those of the scenario, each watched, and returns their URLs
// with the version.
func (r *realRun) providers() (scenario.Providers, []string, func(), error) {
	var watched scenario.Providers
	var urls []string
	var servers []*provider
	stop := func() {
		for _, s := range servers {
			_ = s.server.Close()
		}
	}
	for _, script := range r.scripts() {
		handler, err := r.provider(script)
		if err != nil {
			stop()
			return watched, nil, nil, err
		}
		w := &simulator.Watcher{Next: handler}
		s, err := serveProvider("127.0.0.1:0", w, r.log)
		if err != nil {
			stop()
			return watched, nil, nil, err
		}
		servers, urls = append(servers, s), append(urls, s.url+"/v1")
		if watched.Primary == nil {
			watched.Primary = w
		} else {
			watched.Substitute = w
		}
	}
	return watched, urls, stop, nil
}

// scripts are the providers' scripts, the primary's first.
func (r *realRun) scripts() [][]simulator.Step {
	if r.scenario.Substitute {
		return [][]simulator.Step{r.scenario.Script, nil}
	}
	return [][]simulator.Step{r.scenario.Script}
}

// provider is a simulated one, or the way to another.
func (r *realRun) provider(script []simulator.Step) (http.Handler, error) {
	if r.upstream == "" {
		return scenario.NewSimulator(r.scenario, script)
	}
	target, err := url.Parse(strings.TrimSuffix(r.upstream, "/"))
	if err != nil {
		return nil, err
	}
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Path = strings.TrimPrefix(p.In.URL.Path, "/v1")
			p.Out.URL.RawPath = ""
			p.SetURL(target)
			if r.apiKey != "" {
				p.Out.Header.Set("Authorization", "Bearer "+r.apiKey)
			}
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 1 << 10, DisableCompression: true},
		ErrorHandler: func(w http.ResponseWriter, req *http.Request, err error) {
			if req.Context().Err() == nil { // else the run is over
				r.log.Warn("the provider could not be asked", "error", err)
			}
			w.WriteHeader(http.StatusBadGateway)
		},
	}, nil
}

// naively asks the first provider with the naive client.
func (r *realRun) naively(_ context.Context, urls []string) (*client, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 1 << 10}
	c := &client{askers: []scenario.Asker{scenario.Naive(transport, urls[0])}}
	c.atEnd(func() error { transport.CloseIdleConnections(); return nil })
	return c, nil
}

// longestWindow is that of the limits, days left out.
func (r *realRun) longestWindow() (longest time.Duration) {
	for _, l := range r.scenario.Limits {
		if l.Window < 24*time.Hour {
			longest = max(longest, l.Window)
		}
	}
	return longest + time.Second
}

// wait waits, or returns that it was interrupted.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("interrupted: %w", ctx.Err())
	}
}
