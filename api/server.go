// The server and its routing table.

package api

import (
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"github.com/askonce/askonce/internal/llm"
)

// Server answers HTTP requests. It is an http.Handler.
type Server struct {
	opts      Options
	log       *slog.Logger
	echo      *echo.Echo
	identity  *identity
	memo      *memo
	metrics   *metrics
	prompts   *prompts
	embedding *shared
	budgets   *budgetMetrics
	allowed   []allowed
	scratch   scratch
	draining  atomic.Bool
}

// New returns a Server. It starts nothing and needs no closing.
func New(opts Options) (*Server, error) {
	opts.setDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	s := &Server{opts: opts, log: opts.Logger, embedding: newShared()}
	for _, path := range opts.AllowPaths {
		a, err := parseAllowed(path)
		if err != nil {
			return nil, err
		}
		s.allowed = append(s.allowed, a)
	}
	var err error
	if s.identity, err = newIdentity(opts.Keys, opts.Secret, opts.Tier); err != nil {
		return nil, err
	}
	if s.memo, err = newMemo(opts.MemoBytes); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(opts.Registerer); err != nil {
		return nil, err
	}
	if s.prompts, err = newPrompts(&s.opts); err != nil {
		return nil, err
	}
	if s.budgets, err = newBudgetMetrics(opts.Registerer); err != nil {
		return nil, err
	}
	s.echo = s.newEcho()
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Drain makes /readyz say that no new requests are wanted. Those that come are
// answered all the same.
func (s *Server) Drain() { s.draining.Store(true) }

func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = echo.ExtractIPDirect()
	e.HTTPErrorHandler = s.routerError
	relay := s.frame(&route{path: "/v1/*", role: RoleRead, shape: asOpenAI, handle: s.relay})
	nothing := s.frame(&route{path: "other", shape: asProblem, handle: unknownPath})
	for path, handle := range map[string]echo.HandlerFunc{"/v1/*": relay, "/*": nothing, "/v1/cache": nothing, "/v1/cache/*": nothing} {
		e.Any(path, handle)
		e.RouteNotFound(path, handle)
	}
	// Any comes first: what is added later takes its methods out of it.
	for path, allow := range methods(s.own()) {
		e.Any(path, s.frame(&route{path: path, shape: asProblem, handle: refuseMethod(allow)}))
	}
	for _, rt := range s.providers() {
		e.Any(rt.path, s.frame(&route{path: "/v1/*", role: RoleRead, shape: rt.shape, handle: s.relay}))
	}
	e.Any("/v1/messages/*", s.frame(&route{path: "/v1/messages/*", role: RoleRead, shape: asAnthropic, handle: s.relay}))
	for _, rt := range slices.Concat(s.own(), s.providers()) {
		e.Add(rt.method, rt.path, s.frame(&rt))
		if rt.method == http.MethodGet {
			e.Add(http.MethodHead, rt.path, s.frame(&rt)) // the server leaves the body out
		}
	}
	return e
}

// methods are those of each path in a table.
func methods(table []route) map[string]string {
	found := make(map[string]string)
	for _, rt := range table {
		if found[rt.path] != "" {
			found[rt.path] += ", "
		}
		found[rt.path] += rt.method
	}
	return found
}

// refuseMethod answers 405 on our own paths, where the relay would otherwise
// take what no route wants.
func refuseMethod(allow string) handler {
	return func(http.ResponseWriter, *http.Request, *exchange) error {
		return &fault{
			status: http.StatusMethodNotAllowed, code: "method_not_allowed", allow: allow,
			message: "This path answers to " + allow + " only.",
		}
	}
}

// routerError answers for requests that reached no route, such as one with a
// method that HTTP does not know.
func (s *Server) routerError(err error, c echo.Context) {
	f := &fault{status: http.StatusNotFound, code: "no_such_path", message: "There is nothing at this path for this method."}
	if s.opts.Loopback && checkOrigin(c.Request()) != nil {
		f = errForeignHost
	}
	s.log.LogAttrs(c.Request().Context(), slog.LevelDebug, "request without a route", slog.Any("error", err))
	if !c.Response().Committed {
		f.write(c.Response(), asProblem)
	}
}

// providers are the provider's paths that askonce treats in a way of its own.
func (s *Server) providers() []route {
	return []route{
		{method: http.MethodPost, path: "/v1/chat/completions", role: RoleWrite, json: true, shape: asOpenAI, handle: s.cached(llm.Chat)},
		{method: http.MethodPost, path: "/v1/completions", role: RoleWrite, json: true, shape: asOpenAI, handle: s.cached(llm.Completions)},
		{method: http.MethodPost, path: "/v1/embeddings", role: RoleWrite, json: true, shape: asOpenAI, handle: s.embeddings},
		{method: http.MethodPost, path: "/v1/responses", role: RoleWrite, json: true, shape: asOpenAI, handle: s.cached(llm.Responses)},
		{method: http.MethodPost, path: "/v1/messages", role: RoleWrite, json: true, shape: asAnthropic, handle: s.cached(llm.Messages)},
		{method: http.MethodGet, path: "/v1/models", role: RoleRead, shape: asOpenAI, handle: s.relay},
		{method: http.MethodGet, path: "/v1/models/*", role: RoleRead, shape: asOpenAI, handle: s.relay},
	}
}

// own are askonce's own paths.
func (s *Server) own() []route {
	metricsRole := RoleAdmin
	if s.opts.Loopback || s.opts.OpenMetrics || len(s.opts.Keys) == 0 {
		metricsRole = ""
	}
	table := []route{
		{method: http.MethodGet, path: "/", handle: s.welcome},
		{method: http.MethodGet, path: "/healthz", handle: s.healthz},
		{method: http.MethodGet, path: "/readyz", handle: s.readyz},
		{method: http.MethodGet, path: "/openapi.yaml", handle: s.openapi},
		{method: http.MethodGet, path: "/metrics", role: metricsRole, handle: s.showMetrics()},
	}
	post := func(path string, role Role, handle handler) {
		table = append(table, route{method: http.MethodPost, path: path, role: role, json: true, handle: handle})
	}
	table = append(table, route{method: http.MethodGet, path: "/v1/limits", role: RoleRead, handle: s.limits})
	table = append(table, route{method: http.MethodGet, path: "/v1/savings", role: RoleRead, handle: s.savings})
	post("/v1/cache/lookup", RoleRead, s.lookup)
	post("/v1/cache/lookup/batch", RoleRead, s.lookupBatch)
	post("/v1/cache/store", RoleWrite, s.store)
	post("/v1/cache/store/batch", RoleWrite, s.storeBatch)
	post("/v1/cache/invalidate", RoleAdmin, s.invalidate)
	post("/v1/tune", RoleAdmin, s.tune)
	post("/v1/thresholds/rollback", RoleAdmin, s.rollBack)
	post("/v1/feedback", RoleWrite, s.feedback)
	post("/v1/prompt/explain", RoleRead, s.explain)
	table = append(table,
		route{method: http.MethodPut, path: "/v1/thresholds", role: RoleAdmin, json: true, handle: s.setThreshold},
		route{method: http.MethodGet, path: "/v1/thresholds", role: RoleRead, handle: s.thresholds},
		route{method: http.MethodGet, path: "/v1/thresholds/history", role: RoleRead, handle: s.thresholdHistory},
		route{method: http.MethodGet, path: "/v1/feedback", role: RoleAdmin, handle: s.labels},
		route{method: http.MethodGet, path: "/v1/labels", role: RoleAdmin, handle: s.exportLabels},
		route{method: http.MethodGet, path: "/v1/cache/entries/:id", role: RoleRead, handle: s.getEntry},
		route{method: http.MethodDelete, path: "/v1/cache/entries/:id", role: RoleAdmin, handle: s.deleteEntry},
	)
	for i := range table {
		table[i].shape = asProblem
	}
	return table
}
