// GET /v1/models and /v1/models/{id}.

package simulator

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// wellKnown are the models listed when the options name none.
var wellKnown = []string{
	"gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-3.5-turbo-instruct",
	"text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002",
}

func (s *Simulator) serveModels(x *exchange) *apiError {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		x.w.Header().Set("Allow", "GET, HEAD")
		return &apiError{status: http.StatusMethodNotAllowed, kind: invalidRequest, code: "method_not_supported",
			message: x.r.Method + " is not allowed here; use GET."}
	}
	if x.play(s.find(x.r.URL.Path, "", "")); x.done {
		return nil
	}
	list := s.opts.Models
	if len(list) == 0 {
		list = wellKnown
	}
	id, one := strings.CutPrefix(x.r.URL.Path, "/v1/models/")
	switch {
	case !one:
		x.respond(http.StatusOK, "application/json", appendModels(nil, list))
	case slices.Contains(list, id):
		x.respond(http.StatusOK, "application/json", append(appendModel(nil, id), '\n'))
	default:
		return noSuchModel(id)
	}
	return nil
}

func appendModels(dst []byte, ids []string) []byte {
	dst = append(dst, `{"object":"list","data":[`...)
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendModel(dst, id)
	}
	return append(dst, "]}\n"...)
}

// appendModel writes one model; all were created at the start of 2024.
func appendModel(dst []byte, id string) []byte {
	dst = gjson.AppendJSONString(append(dst, `{"id":`...), id)
	return append(dst, `,"object":"model","created":1704067200,"owned_by":"simulator"}`...)
}
