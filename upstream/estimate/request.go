// What of a request's body decides how many tokens it takes.

package estimate

import (
	"strings"

	"github.com/tidwall/gjson"
)

// request is what is read of a body, of any dialect.
type request struct {
	text     strings.Builder // all that the model reads, pieces apart
	messages int64           // turns: each costs a few tokens of its own
	tokens   int64           // inputs that came as tokens, and images
	allowed  int64           // most tokens that an answer may have; 0: not said
	choices  int64           // answers asked for, at least 1
}

const (
	perMessage = 3 // tokens around a chat message, by OpenAI's cookbook
	perAnswer  = 3 // tokens that begin the answer of a chat

	// Tokens of an image, by OpenAI's pricing guide: one of 1024 by 1024, and any
	// of low detail.
	perImage    = 765
	perLowImage = 85
)

// readRequest reads a body. What is not a JSON object takes no tokens.
func readRequest(body []byte) *request {
	r := &request{choices: 1}
	root := gjson.ParseBytes(body)
	if !root.IsObject() {
		return r
	}
	root.ForEach(func(name, value gjson.Result) bool {
		r.member(name.Str, value)
		return true
	})
	if r.messages > 0 {
		r.tokens += r.messages*perMessage + perAnswer
	}
	return r
}

// member reads one of the outermost members.
func (r *request) member(name string, value gjson.Result) {
	switch name {
	case "messages":
		r.messages = value.Get("#").Int()
		r.walk("", value, 0)
	case "prompt", "input", "system", "instructions", "suffix":
		r.walk("", value, 0)
	case "tools", "functions", "response_format":
		r.add(value.Raw)
	case "max_tokens", "max_completion_tokens", "max_output_tokens":
		if n := value.Int(); n > 0 && (r.allowed == 0 || n < r.allowed) {
			r.allowed = n
		}
	case "n", "best_of":
		r.choices = min(max(r.choices, value.Int()), 1024)
	}
}

// notRead are members of messages and parts that name things, or hold what is
// not counted by its text.
var notRead = map[string]bool{
	"role": true, "type": true, "id": true, "tool_call_id": true, "call_id": true, "tool_use_id": true, "detail": true,
	"url": true, "data": true, "file_data": true, "file_id": true, "media_type": true, "format": true, "signature": true,
	"encrypted_content": true, "cache_control": true,
}

// maxDepth bounds how deep texts are looked for: those of messages are at most
// eight levels deep.
const maxDepth = 24

// walk adds the texts of a value, which is the member called name.
func (r *request) walk(name string, v gjson.Result, depth int) {
	switch {
	case depth > maxDepth:
	case v.Type == gjson.String:
		r.add(v.Str)
	case v.Type == gjson.Number && name == "":
		r.tokens++ // of an input that came as tokens
	case v.IsArray():
		v.ForEach(func(_, element gjson.Result) bool {
			r.walk("", element, depth+1)
			return true
		})
	case v.IsObject():
		r.object(v, depth)
	}
}

func (r *request) object(v gjson.Result, depth int) {
	switch v.Get("type").Str {
	case "image_url", "input_image", "image":
		r.image(v)
		return
	}
	v.ForEach(func(name, member gjson.Result) bool {
		if !notRead[name.Str] {
			r.walk(name.Str, member, depth+1)
		}
		return true
	})
}

func (r *request) image(v gjson.Result) {
	detail := v.Get("detail").Str
	if inner := v.Get("image_url.detail").Str; inner != "" {
		detail = inner
	}
	if detail == "low" {
		r.tokens += perLowImage
		return
	}
	r.tokens += perImage
}

func (r *request) add(text string) {
	if text == "" {
		return
	}
	r.text.WriteString(text)
	r.text.WriteByte('\n')
}
