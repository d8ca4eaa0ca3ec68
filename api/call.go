// Requests on their way to the provider and answers on their way back: which
// headers pass, and which stay behind.

package api

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

// answerHeaders are request headers that change the answer; they are part of
// the key.
var answerHeaders = [...]string{"Anthropic-Beta", "Anthropic-Version", "Openai-Beta"}

// origin is where the answer to r would come from.
func (s *Server) origin(h http.Header, rawQuery string) cache.Origin {
	o := cache.Origin{Upstream: s.opts.UpstreamURL, Query: rawQuery}
	for _, name := range answerHeaders { // in sorted order
		for _, value := range h[name] {
			o.Headers = append(o.Headers, name+": "+value)
		}
	}
	slices.Sort(o.Headers)
	return o
}

// connectionHeaders concern one connection alone (RFC 9110, 7.6.1).
var connectionHeaders = []string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade",
}

// keptBack are request headers that are meant for askonce, or tell the
// provider of the caller's network or browser what it has no need to know.
var keptBack = nameSet(connectionHeaders,
	"Accept-Encoding", "Api-Key", "Authorization", "Cache-Control", "Content-Length", "Cookie", "Expect", "Forwarded", "Host",
	"Origin", "Pragma", "Referer", "Via", "X-Api-Key", "X-Real-Ip")

// conditionalHeaders ask for a part of an answer, or for none if it is known
// (RFC 9110, sections 13 and 14).
var conditionalHeaders = [...]string{"If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range"}

// keptFromCaller are headers of the provider's that mean nothing behind
// askonce, or that only askonce may set.
var keptFromCaller = nameSet(connectionHeaders,
	"Age", "Alt-Svc", "Content-Length", "Content-Type", "Date", "Set-Cookie", "Strict-Transport-Security")

// upstreamHeaders are what our side of the upstream says of a call.
var upstreamHeaders = [...]string{promptHeader, llm.TriesHeader, llm.WaitHeader, llm.DeploymentHeader, llm.SubstituteHeader}

func nameSet(names []string, more ...string) map[string]bool {
	set := make(map[string]bool, len(names)+len(more))
	for _, name := range slices.Concat(names, more) {
		set[name] = true
	}
	return set
}

// call makes the upstream call for r, which spends the credential own.
func (s *Server) call(r *http.Request, own credential, body []byte) *llm.Call {
	call := &llm.Call{
		Method:   r.Method,
		Path:     strings.TrimPrefix(r.URL.EscapedPath(), "/v1"),
		RawQuery: r.URL.RawQuery,
		Header:   upstreamHeader(r.Header),
		Body:     body,
	}
	switch {
	case own.header == "Authorization":
		call.Authorization = own.value
	case own.header == "X-Api-Key" && speaksAnthropic(r):
		call.Header[own.header] = []string{own.value}
	case own.secret != "" && s.opts.UpstreamKey:
		// Left in its own header, it would go out beside the service's key.
		call.Authorization = "Bearer " + own.secret
	case own.secret != "":
		call.Header[own.header] = []string{own.value}
	}
	return call
}

// speaksAnthropic reports whether a request is for a path of Anthropic's own,
// where a key goes into X-Api-Key.
func speaksAnthropic(r *http.Request) bool {
	return r.URL.Path == "/v1/messages" || strings.HasPrefix(r.URL.Path, "/v1/messages/")
}

// upstreamHeader copies the headers that may go upstream.
func upstreamHeader(from http.Header) http.Header {
	named := connectionNamed(from)
	to := make(http.Header, len(from))
	for name, values := range from {
		if !keptBack[name] && !named[name] && !hasAnyPrefix(name, "Askonce-", "Sec-", "X-Forwarded-") {
			to[name] = values
		}
	}
	return to
}

// passHeader copies an answer's headers to the caller's, all but the content
// type, which depends on the form that the caller wants.
func passHeader(to, from http.Header) {
	named := connectionNamed(from)
	for name, values := range from {
		if hasAnyPrefix(name, "Askonce-") && !slices.Contains(upstreamHeaders[:], name) {
			continue
		}
		if !keptFromCaller[name] && !named[name] && !hasAnyPrefix(name, "Access-Control-") {
			to[name] = slices.Clip(values) // several callers may get the same answer
		}
	}
}

// connectionNamed are the headers that the Connection header names; nil if
// there are none.
func connectionNamed(h http.Header) map[string]bool {
	var named map[string]bool
	for _, list := range h["Connection"] {
		for name := range strings.SplitSeq(list, ",") {
			if named == nil {
				named = make(map[string]bool)
			}
			named[textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))] = true
		}
	}
	return named
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}
