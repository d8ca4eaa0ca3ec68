// Errors in the shapes of OpenAI's and Anthropic's APIs.

package simulator

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

const invalidRequest = "invalid_request_error"

// apiError is an answer that refuses a request.
type apiError struct {
	status               int
	message, kind, param string
	code                 string
}

// invalid is a 400 about one parameter.
func invalid(param, code, message string) *apiError {
	return &apiError{status: http.StatusBadRequest, kind: invalidRequest, param: param, code: code, message: message}
}

func noSuchModel(id string) *apiError {
	return &apiError{status: http.StatusNotFound, kind: invalidRequest, param: "model", code: "model_not_found",
		message: "The model '" + id + "' does not exist here."}
}

// errorFor is what a provider says with a status when a script does not tell.
func errorFor(status int) *apiError {
	e := &apiError{status: status, kind: invalidRequest, message: http.StatusText(status) + " (scripted)"}
	switch {
	case status == http.StatusTooManyRequests:
		e.kind, e.code = "requests", "rate_limit_exceeded"
	case status == http.StatusUnauthorized:
		e.code = "invalid_api_key"
	case status >= 500:
		e.kind = "server_error"
	}
	return e
}

// append writes the error document.
func (e *apiError) append(dst []byte) []byte {
	dst = append(dst, `{"error":{"message":`...)
	dst = gjson.AppendJSONString(dst, e.message)
	dst = append(dst, `,"type":`...)
	dst = appendOrNull(dst, e.kind)
	dst = append(dst, `,"param":`...)
	dst = appendOrNull(dst, e.param)
	dst = append(dst, `,"code":`...)
	dst = appendOrNull(dst, e.code)
	return append(dst, "}}\n"...)
}

func appendOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return gjson.AppendJSONString(dst, s)
}

// speaksAnthropic reports whether a path is one of Anthropic's own.
func speaksAnthropic(path string) bool {
	return path == "/v1/messages" || strings.HasPrefix(path, "/v1/messages/")
}

// anthropicKinds are the kinds of Anthropic's errors by status.
var anthropicKinds = map[int]string{
	http.StatusUnauthorized: "authentication_error", http.StatusPaymentRequired: "billing_error",
	http.StatusForbidden: "permission_error", http.StatusNotFound: "not_found_error",
	http.StatusRequestEntityTooLarge: "request_too_large", http.StatusTooManyRequests: "rate_limit_error",
	http.StatusGatewayTimeout: "timeout_error", 529: "overloaded_error",
}

// anthropicKind is the kind of an error: a script's, or its status's.
func (e *apiError) anthropicKind() string {
	kind, known := anthropicKinds[e.status]
	for _, own := range anthropicKinds {
		if e.kind == own {
			return own
		}
	}
	switch {
	case known:
		return kind
	case e.status >= http.StatusInternalServerError:
		return "api_error"
	}
	return invalidRequest
}

// appendAnthropic writes the error document.
func (e *apiError) appendAnthropic(dst []byte) []byte {
	dst = append(dst, `{"type":"error","error":{"type":`...)
	dst = gjson.AppendJSONString(dst, e.anthropicKind())
	dst = append(dst, `,"message":`...)
	dst = gjson.AppendJSONString(dst, e.message)
	dst = append(dst, `},"request_id":"`...)
	return append(appendID(dst, "req_"), "\"}\n"...)
}
