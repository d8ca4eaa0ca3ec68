// Errors in the shape of OpenAI's API.

package simulator

import (
	"net/http"

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
