// POST /v1/prompt/explain: what would be done to a prompt, and what for.

package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tidwall/gjson"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy"
	"github.com/askonce/askonce/policy/prefix"
)

type explainBody struct {
	Request   jsontext.Value `json:"request"`
	Endpoint  *string        `json:"endpoint"`
	Namespace *string        `json:"namespace"`
	Mode      *string        `json:"mode"`
	Unknown   unknown        `json:",embed"`
}

// explain answers with what the code that serves would do now. It sends nothing
// and teaches nobody.
func (s *Server) explain(w http.ResponseWriter, r *http.Request, x *exchange) error {
	var asked explainBody
	if err := readInto(s, r, &asked, &asked.Unknown); err != nil {
		return err
	}
	ask := ExplainRequest{Tenant: x.caller.tenant, Namespace: s.opts.DefaultNamespace, Mode: prefix.On}
	if problems := asked.into(&ask); len(problems) > 0 {
		return badBody(problems...)
	}
	explainer := Explainer{prompts: s.prompts, prices: s.opts.Prices, tokens: s.opts.Tokens}
	w.Header()["Cache-Control"] = []string{"no-store"}
	return writeJSON(w, http.StatusOK, explainer.Explain(&ask))
}

// into reads the body's members into ask, and returns what is wrong with them.
func (b *explainBody) into(ask *ExplainRequest) []detail {
	var problems []detail
	if b.Namespace != nil {
		ask.Namespace = *b.Namespace
		if err := policy.Namespace(ask.Namespace); err != nil {
			problems = append(problems, detail{"namespace", err.Error()})
		}
	}
	if b.Mode != nil {
		switch ask.Mode = prefix.Mode(*b.Mode); ask.Mode {
		case prefix.On, prefix.Observe, prefix.Off:
		default:
			problems = append(problems, detail{"mode", "is none of on, observe, off"})
		}
	}
	var named string
	if b.Endpoint != nil {
		named = *b.Endpoint
	}
	if isNull(b.Request) || b.Request.Kind() != '{' {
		return append(problems, detail{"request", "is the body that you would send to the provider, an object"})
	}
	view, problem := readPrompt(b.Request, named)
	if problem != nil {
		return append(problems, *problem)
	}
	ask.View = view
	return problems
}

// promptEndpoints are those whose prompts are ordered.
var promptEndpoints = []llm.Endpoint{llm.Chat, llm.Responses, llm.Messages}

// ReadPrompt parses a request to be explained: of the endpoint named, or, where
// that is "", of the one that it looks like.
func ReadPrompt(body []byte, named string) (*llm.Request, error) {
	view, problem := readPrompt(body, named)
	if problem != nil {
		return nil, errors.New(problem.Location + " " + problem.Message)
	}
	return view, nil
}

func readPrompt(body []byte, named string) (*llm.Request, *detail) {
	ep := llm.Endpoint(named)
	switch {
	case named == "":
		ep = looksLike(body)
	case !slices.Contains(promptEndpoints, ep):
		return nil, &detail{"endpoint", fmt.Sprintf("is none of %q", promptEndpoints)}
	}
	view, _, err := understandBody(ep, body)
	if err != nil {
		return nil, requestProblem(err)
	}
	return view, nil
}

// looksLike is the endpoint that a body is most likely for. Keys are never made
// by it.
func looksLike(body []byte) llm.Endpoint {
	root := gjson.ParseBytes(body)
	switch {
	case root.Get("input").Exists() && !root.Get("messages").Exists():
		return llm.Responses
	case root.Get("system").Exists(), root.Get("thinking").Exists(), root.Get("tools.#.input_schema").Get("0").Exists(),
		root.Get("max_tokens").Exists() && strings.HasPrefix(root.Get("model").String(), "claude"):
		return llm.Messages
	}
	return llm.Chat
}
