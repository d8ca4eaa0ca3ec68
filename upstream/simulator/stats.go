// What was asked and answered so far, and the two paths that tell and reset it.

package simulator

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// endpoint numbers the paths that are counted apart.
type endpoint int

const (
	otherEndpoint endpoint = iota
	chatEndpoint
	completionsEndpoint
	embeddingsEndpoint
	responsesEndpoint
	messagesEndpoint
	countEndpoint
	modelsEndpoint
	endpointCount
)

// endpointNames are the paths as Stats shows them.
var endpointNames = [endpointCount]string{
	"other", "/v1/chat/completions", "/v1/completions", "/v1/embeddings",
	"/v1/responses", "/v1/messages", "/v1/messages/count_tokens", "/v1/models",
}

// endpointOf finds the endpoint of a path.
func endpointOf(path string) endpoint {
	for ep, name := range endpointNames {
		if name == path {
			return endpoint(ep)
		}
	}
	if strings.HasPrefix(path, "/v1/models/") {
		return modelsEndpoint
	}
	return otherEndpoint
}

// Stats are counts since the start or the last reset. A request that was
// neither answered nor refused was hanging, cut or reset, or is still going on.
type Stats struct {
	Calls            map[string]int64 `json:"calls"`    // by path; "other" for unknown ones
	Refused          map[string]int64 `json:"refused"`  // answers with status 400 and up, by path
	Statuses         map[int]int64    `json:"statuses"` // answers, by status
	Streams          int64            `json:"streams"`  // streamed answers begun
	Faults           int64            `json:"faults"`   // answers hung, cut or reset by the script
	PromptTokens     int64            `json:"prompt_tokens"`
	CompletionTokens int64            `json:"completion_tokens"`

	// Text is the calls of chat, completions and embeddings, told apart
	// by their marks; see [CallMark].
	Text Tally `json:"text"`
}

// counters are what Stats shows, each updated on its own.
type counters struct {
	calls, refusals [endpointCount]atomic.Int64
	statuses        [600]atomic.Int64
	streams, faults atomic.Int64
}

// answered counts an answer by its status.
func (c *counters) answered(ep endpoint, status int) {
	c.statuses[status].Add(1)
	if status >= 400 {
		c.refusals[ep].Add(1)
	}
}

// Stats returns the counts so far.
func (s *Simulator) Stats() Stats {
	text := s.tally.all()
	stats := Stats{
		Calls:            make(map[string]int64),
		Refused:          make(map[string]int64),
		Statuses:         make(map[int]int64),
		Streams:          s.stats.streams.Load(),
		Faults:           s.stats.faults.Load(),
		PromptTokens:     text.Input,
		CompletionTokens: text.Output,
		Text:             text,
	}
	for ep, name := range endpointNames {
		setPositive(stats.Calls, name, &s.stats.calls[ep])
		setPositive(stats.Refused, name, &s.stats.refusals[ep])
	}
	for status := range s.stats.statuses {
		setPositive(stats.Statuses, status, &s.stats.statuses[status])
	}
	return stats
}

func setPositive[K comparable](m map[K]int64, key K, counter *atomic.Int64) {
	if n := counter.Load(); n > 0 {
		m[key] = n
	}
}

// Reset forgets all counts, what the limits have counted too, and starts the
// script again.
func (s *Simulator) Reset() {
	for ep := range endpointNames {
		s.stats.calls[ep].Store(0)
		s.stats.refusals[ep].Store(0)
	}
	for status := range s.stats.statuses {
		s.stats.statuses[status].Store(0)
	}
	s.stats.streams.Store(0)
	s.stats.faults.Store(0)
	s.tally.restart()
	s.gate.restart()
	s.prefixes.restart()
	s.script.restart(time.Now())
}

func (s *Simulator) serveStats(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	doc, err := json.Marshal(s.Stats())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(doc, '\n'))
}

func (s *Simulator) serveReset(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	s.Reset()
	w.WriteHeader(http.StatusNoContent)
}
