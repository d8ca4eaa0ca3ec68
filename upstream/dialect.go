// How each provider is spoken to: where a call goes, whose credential it
// carries and in which header, and what the model is called there.

package upstream

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/askonce/askonce/internal/llm"
)

// Provider is a way to speak to a provider's API.
type Provider string

// The providers. Gemini's compatible endpoint, vLLM and Ollama are spoken to
// as OpenAI is; their names are for people to read.
const (
	OpenAI    Provider = "openai"
	Azure     Provider = "azure"     // the deployment in the path, the key in api-key
	Anthropic Provider = "anthropic" // the key in x-api-key
	Gemini    Provider = "gemini"
	VLLM      Provider = "vllm"
	Ollama    Provider = "ollama"
)

// Providers lists those there are.
func Providers() []Provider {
	return []Provider{OpenAI, Azure, Anthropic, Gemini, VLLM, Ollama}
}

// freeCached reports whether prompt tokens that the provider read from its own
// prefix cache do not count against its limits: so Anthropic, by its page on
// rate limits; OpenAI and its like count them.
func (p Provider) freeCached() bool { return p == Anthropic }

// azureV1 ends the base URL of Azure's newer API, which is OpenAI's but for the
// header of the key.
const azureV1 = "/openai/v1"

// resolve joins the base URL and the call's path, which is in the escaped form
// that a request line has.
func (d *deployment) resolve(call *llm.Call) *url.URL {
	u := *d.base
	u.RawQuery = call.RawQuery
	before := ""
	if d.Provider == Azure && !strings.HasSuffix(d.base.Path, azureV1) {
		before = "/openai"
		if model := d.modelFor(call); model != "" {
			before += "/deployments/" + url.PathEscape(model)
		}
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += "api-version=" + url.QueryEscape(d.APIVersion)
	}
	plain, err := url.PathUnescape(before + call.Path)
	if err != nil {
		plain = before + call.Path // no request comes so far: see checkPath
	}
	u.RawPath, u.Path = d.base.EscapedPath()+before+call.Path, d.base.Path+plain
	return &u
}

// keyHeaders are those that carry a key beside Authorization.
var keyHeaders = [...]string{"Api-Key", "X-Api-Key"}

// anthropicVersion is sent where the caller names none; there is no newer one.
const anthropicVersion = "2023-06-01"

// authorize puts the credential of a call into its header: the caller's own,
// where it brings one, or else the service's.
func (d *deployment) authorize(h http.Header, call *llm.Call) {
	if d.Provider == Anthropic && len(h["Anthropic-Version"]) == 0 {
		h["Anthropic-Version"] = []string{anthropicVersion}
	}
	if callersKey(call) != "" && d.CallersKeys {
		if call.Authorization != "" {
			h["Authorization"] = []string{call.Authorization}
		}
		return
	}
	for _, name := range keyHeaders {
		delete(h, name)
	}
	if d.APIKey == "" {
		return
	}
	switch d.Provider {
	case Azure:
		h["Api-Key"] = []string{d.APIKey}
	case Anthropic:
		h["X-Api-Key"] = []string{d.APIKey}
		if strings.HasPrefix(call.Path, "/chat/") { // its OpenAI-compatible endpoint
			h["Authorization"] = []string{"Bearer " + d.APIKey}
		}
	default:
		h["Authorization"] = []string{"Bearer " + d.APIKey}
	}
}

// named is body with the model called by its name there; body itself if that
// is the one it has.
func (d *deployment) named(body []byte) []byte {
	if d.Model == "" {
		return body
	}
	asked := gjson.GetBytes(body, "model")
	if asked.Type != gjson.String || asked.Index == 0 || asked.Str == d.Model {
		return body
	}
	end := asked.Index + len(asked.Raw)
	out := make([]byte, 0, len(body)+len(d.Model))
	out = append(append(append(out, body[:asked.Index]...), '"'), d.Model...)
	return append(append(out, '"'), body[end:]...)
}
