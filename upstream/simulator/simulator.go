// The handler: which request goes where, and who may ask.

package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/gjson"
)

// maxBody bounds request bodies, generously: images come inline.
const maxBody = 128 << 20

// Simulator is the provider. It is safe for concurrent use.
type Simulator struct {
	opts   Options
	keys   map[string]bool
	models map[string]bool // nil: any
	script *script
	gate   *gate
	stats  counters
	tally  tally

	prefixes prefixes
}

// New checks opts and returns a Simulator.
func New(opts Options) (*Simulator, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	return &Simulator{
		opts: opts, keys: setOf(opts.APIKeys), models: setOf(opts.Models),
		script: newScript(opts.Script, time.Now()), gate: newGate(opts.Limits, opts.Charge),
	}, nil
}

// setOf is nil for an empty list.
func setOf(list []string) map[string]bool {
	if len(list) == 0 {
		return nil
	}
	set := make(map[string]bool, len(list))
	for _, v := range list {
		set[v] = true
	}
	return set
}

// ServeHTTP answers one request of the provider's API.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/simulator/stats":
		s.serveStats(w, r)
		return
	case "/simulator/reset":
		s.serveReset(w, r)
		return
	}
	s.stats.calls[endpointOf(r.URL.Path)].Add(1)
	x := &exchange{s: s, w: w, r: r, start: time.Now()}
	defer x.leave()
	if err := s.serve(x); err != nil {
		x.refuse(err)
	}
}

// serve answers, or returns why it refuses to.
func (s *Simulator) serve(x *exchange) *apiError {
	if err := s.authorize(x.r); err != nil {
		return err
	}
	switch endpointOf(x.r.URL.Path) {
	case chatEndpoint:
		return s.post(x, s.serveChat)
	case completionsEndpoint:
		return s.post(x, s.serveCompletions)
	case embeddingsEndpoint:
		return s.post(x, s.serveEmbeddings)
	case responsesEndpoint:
		return s.post(x, s.serveResponses)
	case messagesEndpoint:
		return s.post(x, s.serveMessages)
	case countEndpoint:
		return s.post(x, s.serveCount)
	case modelsEndpoint:
		return s.serveModels(x)
	}
	if x.play(s.find(x.r.URL.Path, "", "")); x.done {
		return nil
	}
	return &apiError{status: http.StatusNotFound, kind: invalidRequest, code: "unknown_url",
		message: "There is no " + x.r.Method + " " + x.r.URL.Path + " here."}
}

// authorize checks the bearer token, or Anthropic's header for it, if the
// simulator has keys.
func (s *Simulator) authorize(r *http.Request) *apiError {
	if s.keys == nil || s.keys[r.Header.Get("X-Api-Key")] {
		return nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case token == "" || !strings.EqualFold(scheme, "Bearer"):
		return &apiError{status: http.StatusUnauthorized, kind: invalidRequest,
			message: "The Authorization header holds no bearer token."}
	case !s.keys[strings.TrimSpace(token)]:
		return &apiError{status: http.StatusUnauthorized, kind: invalidRequest, code: "invalid_api_key",
			message: "The API key is not one that this simulator knows."}
	}
	return nil
}

// post reads and checks what all POST endpoints have in common.
func (s *Simulator) post(x *exchange, serve func(*exchange, object) *apiError) *apiError {
	if x.r.Method != http.MethodPost {
		x.w.Header().Set("Allow", http.MethodPost)
		return &apiError{status: http.StatusMethodNotAllowed, kind: invalidRequest, code: "method_not_supported",
			message: x.r.Method + " is not allowed here; use POST."}
	}
	body, err := readBody(x.w, x.r)
	if err != nil {
		return err
	}
	root := gjson.Parse(body)
	if !gjson.Valid(body) || !root.IsObject() {
		return invalid("", "", "The body is not a JSON object.")
	}
	doc := make(object, 0, 16).parse(root)
	model := doc.get("model")
	if model.Type != gjson.String || model.Str == "" {
		return invalid("model", "missing_required_parameter", "Name the model to use as a string in 'model'.")
	}
	if s.models != nil && !s.models[model.Str] {
		return noSuchModel(model.Str)
	}
	return serve(x, doc)
}

// bodies are the buffers that requests are read into.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readBody reads the body into a string, which everything parsed of it shares.
func readBody(w http.ResponseWriter, r *http.Request) (string, *apiError) {
	buf := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(buf)
	buf.Reset()
	_, err := io.Copy(buf, http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return "", &apiError{status: http.StatusRequestEntityTooLarge, kind: invalidRequest,
			message: "The body is larger than 128 MiB."}
	case err != nil:
		return "", invalid("", "", "The body could not be read to its end.")
	}
	return buf.String(), nil
}
