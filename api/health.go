// What operators and load balancers ask for.

package api

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const welcomeText = `askonce: a cache in front of an LLM API.

The provider's own API is below /v1/: point your SDK's base URL there.
The cache's API is below /v1/cache/, described in /openapi.yaml.
Health: /healthz, /readyz. Metrics: /metrics.
`

func (s *Server) welcome(w http.ResponseWriter, _ *http.Request, _ *exchange) error {
	writeBytes(w, http.StatusOK, []string{"text/plain; charset=utf-8"}, []byte(welcomeText))
	return nil
}

// healthz says that the process is up.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request, _ *exchange) error {
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

type readiness struct {
	Status       string            `json:"status"` // ready, degraded, draining
	Version      string            `json:"version"`
	Dependencies []dependencyState `json:"dependencies"`
}

type dependencyState struct {
	Name      string    `json:"name"`
	State     string    `json:"state"` // up, degraded, off
	Since     time.Time `json:"since"`
	LastError string    `json:"last_error,omitempty"`
}

// readyz says whether requests are welcome, and how each dependency is doing.
// A service whose stores are down answers by asking the provider: it is
// degraded, and ready. The text of errors is for the own machine only, since
// it names addresses.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request, _ *exchange) error {
	answer := readiness{Status: "ready", Version: s.opts.Version, Dependencies: []dependencyState{}}
	for _, d := range s.opts.Cache.Status() {
		state := dependencyState{Name: d.Name, State: d.State, Since: d.Since.UTC()}
		if s.opts.Loopback {
			state.LastError = d.LastError
		}
		if d.State == "degraded" {
			answer.Status = "degraded"
		}
		answer.Dependencies = append(answer.Dependencies, state)
	}
	status := http.StatusOK
	if s.draining.Load() {
		answer.Status, status = "draining", http.StatusServiceUnavailable
	}
	return writeJSON(w, status, answer)
}

// showMetrics answers in the Prometheus format.
func (s *Server) showMetrics() handler {
	if s.opts.Gatherer == nil {
		return unknownPath
	}
	show := promhttp.HandlerFor(s.opts.Gatherer, promhttp.HandlerOpts{})
	return func(w http.ResponseWriter, r *http.Request, _ *exchange) error {
		show.ServeHTTP(w, r)
		return nil
	}
}
