// What an item of the REST API is about: a bare prompt, or a whole request of
// the provider's API.

package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy"
)

// target are the members that lookups and stores share.
type target struct {
	Prompt    *string        `json:"prompt"`
	Request   jsontext.Value `json:"request"`
	Endpoint  *string        `json:"endpoint"` // that Request is for; found by its members where that is clear
	Namespace *string        `json:"namespace"`
	Tags      []string       `json:"tags"`
}

// subject is a target that was understood.
type subject struct {
	request *cache.Request
	view    *llm.Request // nil for a bare prompt
}

// asker is who sent a request to the REST API, and what of it goes into keys.
type asker struct {
	server *Server
	tenant string
	origin cache.Origin
}

// asker is made once for all items of a request. The query string is not the
// provider's here, and no part of keys.
func (s *Server) asker(r *http.Request, x *exchange) asker {
	return asker{server: s, tenant: x.caller.tenant, origin: s.origin(r.Header, "")}
}

// subject understands a target. Problems are returned for the caller to add
// its own to.
func (a asker) subject(t *target) (subject, []detail) {
	var problems []detail
	namespace := a.server.opts.DefaultNamespace
	if t.Namespace != nil {
		namespace = *t.Namespace
		if err := policy.Namespace(namespace); err != nil {
			problems = append(problems, detail{"namespace", err.Error()})
		}
	}
	problems = append(problems, checkTags(t.Tags)...)
	var found subject
	switch whole := !isNull(t.Request); {
	case whole == (t.Prompt != nil):
		problems = append(problems, detail{"", "send either prompt or request"})
	case !whole && t.Endpoint != nil:
		problems = append(problems, detail{"endpoint", "goes with request only"})
	case whole:
		view, problem := understand(t.Request, t.Endpoint)
		if problem != nil {
			problems = append(problems, *problem)
			break
		}
		found = subject{cache.NewRequest(a.tenant, namespace, a.origin, view), view}
	default:
		found = subject{cache.NewPrompt(a.tenant, namespace, *t.Prompt), nil}
	}
	if len(problems) == 0 {
		found.request.Tags = t.Tags
	}
	return found, problems
}

// checkTags names what is wrong with the tags member.
func checkTags(tags []string) []detail {
	i, err := policy.Tags(tags)
	switch {
	case err == nil:
		return nil
	case i < 0:
		return []detail{{"tags", err.Error()}}
	}
	return []detail{{fmt.Sprintf("tags[%d]", i), err.Error()}}
}

// understand reads the request member: a whole body of an endpoint, whose key
// is the same as if it had been sent there.
func understand(body jsontext.Value, named *string) (*llm.Request, *detail) {
	if body.Kind() != '{' {
		return nil, &detail{"request", "is " + kindName(body.Kind()) + " where an object is wanted"}
	}
	ep, problem := endpointFor(body, named)
	if problem != nil {
		return nil, problem
	}
	view, _, err := understandBody(ep, body)
	if err != nil {
		return nil, requestProblem(err)
	}
	switch {
	case view.Bypass != "":
		return nil, &detail{"request", "is of a kind that the provider has to see each time: " + view.Bypass}
	case ep != llm.Embeddings:
		return view, nil
	}
	switch parts, err := view.SplitInputs(); {
	case err != nil:
		return nil, requestProblem(err)
	case len(parts) > 1:
		return nil, &detail{"request.input", "has several inputs, of which each is an entry of its own; send one"}
	}
	return view, nil
}

// endpointFor is the endpoint that a body is for: the one named, or the one
// that its members tell.
func endpointFor(body jsontext.Value, named *string) (llm.Endpoint, *detail) {
	if named != nil {
		if ep := llm.Endpoint(*named); slices.Contains(llm.Endpoints[:], ep) {
			return ep, nil
		}
		return "", &detail{"endpoint", fmt.Sprintf("is none of %q", llm.Endpoints)}
	}
	ep, ok := llm.DetectEndpoint(body)
	if !ok {
		return "", &detail{"request", "is not a body of an endpoint: it has one of messages (chat), prompt (completions), input (embeddings); for others, name the endpoint"}
	}
	return ep, nil
}

func requestProblem(err error) *detail {
	var wrong *llm.RequestError
	if errors.As(err, &wrong) {
		return &detail{join("request", wrong.Param), wrong.Message}
	}
	return &detail{"request", "cannot be read"}
}
