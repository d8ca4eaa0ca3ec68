// The frame around every handler: panics, guard, identity and role before it,
// errors, metrics and the log after it.

package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"
)

// handler answers a request. An error that it returns is written by the frame
// in the route's shape, if nothing was written yet.
type handler func(w http.ResponseWriter, r *http.Request, x *exchange) error

// route is one line of the routing table.
type route struct {
	method string
	path   string // template, which is also the label in metrics and logs
	role   Role   // needed; "" for paths that are open to everybody
	json   bool   // the body is JSON
	shape  shape
	handle handler

	metrics *routeMetrics
}

// exchange is one request under way: what the frame and the handler tell each
// other about it.
type exchange struct {
	caller caller
	route  *route
	id     string  // of the entry, from the path
	layer  outcome // told by the handler

	regular bool // a status of 500 and above is what the caller asked for
}

// frame makes the echo handler of a route.
func (s *Server) frame(rt *route) echo.HandlerFunc {
	rt.metrics = s.metrics.of(rt.path)
	return func(c echo.Context) error {
		start := time.Now()
		w, r := c.Response(), c.Request()
		x := exchange{route: rt}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &patientBody{ReadCloser: r.Body, control: http.NewResponseController(w), patience: s.opts.BodyTimeout}
		}
		defer s.finish(w, r, &x, start)
		if err := s.serve(w, r, c, &x); err != nil {
			s.fail(w, r, &x, err)
		}
		return nil
	}
}

func (s *Server) serve(w *echo.Response, r *http.Request, c echo.Context, x *exchange) error {
	rt := x.route
	if s.opts.Loopback {
		if err := checkOrigin(r); err != nil {
			return err
		}
		if rt.json {
			if err := checkJSON(r); err != nil {
				return err
			}
		}
	}
	if rt.role != "" {
		if err := s.admit(r, x); err != nil {
			return err
		}
	}
	if x.caller.tier.Limited {
		w.Before(s.limited(w.Header(), x))
	}
	if len(c.ParamValues()) > 0 {
		x.id = c.Param("id")
	}
	return rt.handle(w, r, x)
}

// admit identifies the caller and checks his role.
func (s *Server) admit(r *http.Request, x *exchange) error {
	if err := checkCredentials(r.Header, r.URL); err != nil {
		return err
	}
	who, err := s.identity.of(r.Header)
	if err != nil {
		return err
	}
	if !who.role.includes(x.route.role) {
		return forbidden(who.role, x.route.role)
	}
	x.caller = who
	return nil
}

// fail answers with an error, or breaks the connection where an answer was
// begun.
func (s *Server) fail(w *echo.Response, r *http.Request, x *exchange, err error) {
	f := faultOf(err)
	x.regular = f.regular
	if f.status >= http.StatusInternalServerError && !f.regular {
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "request failed",
			slog.String("route", x.route.path), slog.Int("status", f.status), slog.String("code", f.code), slog.Any("error", err))
	}
	if w.Committed {
		panic(http.ErrAbortHandler)
	}
	f.write(w, x.route.shape)
}

// finish runs after every request, panics included. A panic becomes a 500,
// but for the one by which handlers break a connection on purpose.
func (s *Server) finish(w *echo.Response, r *http.Request, x *exchange, start time.Time) {
	panicked := recover()
	if panicked != nil && panicked != http.ErrAbortHandler {
		s.log.LogAttrs(r.Context(), slog.LevelError, "panic while handling a request",
			slog.String("route", x.route.path), slog.String("panic", fmt.Sprint(panicked)), slog.String("stack", string(debug.Stack())))
		if w.Committed {
			panicked = http.ErrAbortHandler
		} else {
			faultOf(fmt.Errorf("panic")).write(w, x.route.shape)
			panicked = nil
		}
	}
	took := time.Since(start)
	x.route.metrics.observe(w.Status, x.layer, took)
	s.logAccess(r, w.Status, x, took)
	if panicked != nil {
		panic(panicked)
	}
}

// logAccess writes one line for a request: at debug level, since it is every
// request, and at warning level for those that failed.
func (s *Server) logAccess(r *http.Request, status int, x *exchange, took time.Duration) {
	level := slog.LevelDebug
	if status >= http.StatusInternalServerError && !x.regular {
		level = slog.LevelWarn
	}
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	s.log.LogAttrs(r.Context(), level, "request",
		slog.String("method", r.Method), slog.String("route", x.route.path), slog.Int("status", status),
		slog.Duration("took", took), slog.String("layer", x.layer.String()), slog.String("key", x.caller.keyID))
}
