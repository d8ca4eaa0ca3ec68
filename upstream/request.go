// The request as it goes out: target, headers and credential.

package upstream

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/askonce/askonce/internal/llm"
)

// droppedHeaders never go upstream: those of the caller's own connection
// (RFC 9110, section 7.6.1), those that the transport writes itself, and those
// that carry a credential which is not meant for the provider.
var droppedHeaders = map[string]bool{
	"Accept-Encoding":     true,
	"Authorization":       true,
	"Connection":          true,
	"Content-Length":      true,
	"Cookie":              true,
	"Expect":              true,
	"Host":                true,
	"Keep-Alive":          true,
	"Proxy-Authenticate":  true,
	"Proxy-Authorization": true,
	"Proxy-Connection":    true,
	"Te":                  true,
	"Trailer":             true,
	"Transfer-Encoding":   true,
	"Upgrade":             true,
}

// checkPath refuses a path that leads out of the base URL. The error is a
// *llm.CallError.
func checkPath(path string) error {
	plain, err := url.PathUnescape(path)
	if err != nil || hasDotSegment(plain) || !strings.HasPrefix(plain, "/") {
		return &llm.CallError{
			Status:  http.StatusBadRequest,
			Code:    "bad_path",
			Message: "The path is not one below the API's root.",
			Err:     errors.Join(errors.New("upstream: refused path"), err),
		}
	}
	return nil
}

// request makes the request that a try of call at the deployment sends, without
// its body. The call's path was checked.
func (d *deployment) request(call *llm.Call) *http.Request {
	target := d.resolve(call)
	return &http.Request{
		Method:     call.Method,
		URL:        target,
		Host:       target.Host,
		Header:     d.header(call),
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
	}
}

// hasDotSegment finds "." and "..", which a server would resolve to a path
// outside of the base URL.
func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// header picks what goes upstream of the call's headers and adds the
// credential.
func (d *deployment) header(call *llm.Call) http.Header {
	named := connectionHeaders(call.Header)
	h := make(http.Header, len(call.Header)+4)
	for name, values := range call.Header {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if !droppedHeaders[name] && !named[name] && !strings.HasPrefix(name, "Askonce-") {
			h[name] = values
		}
	}
	d.authorize(h, call)
	h["Accept-Encoding"] = []string{"identity"}
	if h.Get("User-Agent") == "" {
		h["User-Agent"] = []string{"askonce"}
	}
	if len(call.Body) > 0 && h.Get("Content-Type") == "" {
		h["Content-Type"] = []string{"application/json"}
	}
	return h
}

// connectionHeaders are those that the Connection header names as its own; nil
// if there are none.
func connectionHeaders(h http.Header) map[string]bool {
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

// setBody gives a try a body of its own, and the transport a way to send it
// again when a connection closes before anything was written.
func setBody(req *http.Request, body []byte) {
	if len(body) == 0 {
		return
	}
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body = io.NopCloser(bytes.NewReader(body))
}
