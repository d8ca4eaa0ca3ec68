// Everything else of the provider: passed through, never cached.

package api

import (
	"io"
	"net/http"
	"path"
	"strings"
)

// relay passes a request of a path that askonce has no interest in through to
// the provider.
func (s *Server) relay(w http.ResponseWriter, r *http.Request, x *exchange) error {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return errWebSocket
	}
	if r.Method == http.MethodConnect || r.Method == http.MethodTrace {
		return errMethod
	}
	if !plainPath(r.URL.Path) {
		return errPath
	}
	if needs := relayRole(r.Method); !x.caller.role.includes(needs) {
		return forbidden(x.caller.role, needs)
	}
	own, err := s.spending(&x.caller, s.spendable(r))
	if err != nil {
		return err
	}
	steering, err := readSteering(r.Header, queueHeaders, steering{})
	if err != nil {
		return err
	}
	body, err := s.readBody(r)
	if err != nil {
		return err
	}
	call := s.call(r, own, body)
	call.Namespace = s.opts.DefaultNamespace
	x.urge(call, &steering)
	resp, err := s.opts.Upstream.Do(r.Context(), call)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return s.passResponse(w, r, resp)
}

// relayRole is what a method needs: reading is reading here as well.
func relayRole(method string) Role {
	if method == http.MethodGet || method == http.MethodHead {
		return RoleRead
	}
	return RoleWrite
}

// plainPath refuses paths that mean another path to a server behind: the
// allow-list is about what the provider is asked for in the end.
func plainPath(p string) bool {
	return p == path.Clean(p) || p == path.Clean(p)+"/"
}

// spendable reports whether the service's key may be spent on a request's path:
// as it is written, which is what the provider gets, and as it reads.
func (s *Server) spendable(r *http.Request) bool {
	for _, a := range s.allowed {
		if a.matches(r.Method, r.URL.Path) && a.matches(r.Method, r.URL.EscapedPath()) {
			return true
		}
	}
	return false
}

// passResponse passes an answer on as it arrives.
func (s *Server) passResponse(w http.ResponseWriter, r *http.Request, resp *http.Response) error {
	h := w.Header()
	passHeader(h, resp.Header)
	if values := resp.Header["Content-Type"]; len(values) > 0 {
		h["Content-Type"] = values
	}
	h.Add("Cache-Status", cacheName+"; fwd=bypass")
	w.WriteHeader(resp.StatusCode)
	control := http.NewResponseController(w)
	buf := make([]byte, 32<<10)
	for {
		n, err := resp.Body.Read(buf)
		if n > 0 {
			if _, gone := w.Write(buf[:n]); gone != nil {
				return nil
			}
			_ = control.Flush()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return s.broken(r, err)
		}
	}
}

// unknownPath answers for paths that are neither ours nor the provider's.
func unknownPath(http.ResponseWriter, *http.Request, *exchange) error {
	return &fault{
		status: http.StatusNotFound, code: "no_such_path",
		message: "There is nothing at this path. /openapi.yaml says what there is; the provider's API is below /v1/.",
	}
}
