// The endpoints: their names, and how to tell which one a body is meant for.

package llm

// Endpoint names an API operation whose wire format this package knows.
type Endpoint string

// The endpoints, by the last part of their path.
const (
	Chat        Endpoint = "chat"        // POST /v1/chat/completions
	Completions Endpoint = "completions" // POST /v1/completions
	Embeddings  Endpoint = "embeddings"  // POST /v1/embeddings
	Responses   Endpoint = "responses"   // POST /v1/responses
	Messages    Endpoint = "messages"    // POST /v1/messages, Anthropic's
)

// Endpoints are all of them.
var Endpoints = [...]Endpoint{Chat, Completions, Embeddings, Responses, Messages}

// DetectEndpoint tells which of chat, completions and embeddings a body is
// meant for by its members: messages, prompt, or input. ok is false when none
// or several are there. Bodies of responses and messages look like those of
// embeddings and chat; whoever has one must say so.
func DetectEndpoint(body []byte) (ep Endpoint, ok bool) {
	doc := borrowTape(maxRequestNodes)
	defer doc.release()
	if doc.parse(body) != nil {
		return "", false
	}
	found := 0
	for _, candidate := range []Endpoint{Chat, Completions, Embeddings} {
		if _, has := doc.root().get(requiredMember(candidate)); has {
			ep = candidate
			found++
		}
	}
	if found != 1 {
		return "", false
	}
	return ep, true
}

// requiredMember is the member that holds what an endpoint is asked.
func requiredMember(ep Endpoint) string {
	switch ep {
	case Chat, Messages:
		return "messages"
	case Completions:
		return "prompt"
	case Embeddings, Responses:
		return "input"
	}
	return ""
}
