// Answers of /v1/responses: as one JSON document, and as events.

package simulator

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// response is one answer.
type response struct {
	q       *textRequest
	id      string // without its prefix; those of the items are made of it
	created int64
	thought string // "" if the request does not ask for it
	said    choice
	usage   usage
}

// response answers in the form that the request asks for.
func (x *exchange) response(q *textRequest, forced forcedTool) {
	choices, u := x.choices(q, forced)
	r := &response{q: q, id: string(appendID(nil, "")), created: time.Now().Unix(), said: choices[0], usage: u}
	if q.doc.get("reasoning").IsObject() {
		r.thought = "Simulated thought " + strconv.FormatUint(q.digests[0], 16) + " about the question."
		r.usage.output += countTokens(r.thought)
	}
	x.used = r.usage
	if q.stream {
		x.eventStream(r.events)
		return
	}
	x.respond(http.StatusOK, "application/json", append(r.document(r.status()), '\n'))
}

// status is what became of the answer.
func (r *response) status() string {
	if r.said.finishReason == "length" || r.said.finishReason == "content_filter" {
		return "incomplete"
	}
	return "completed"
}

// repeated are the members of a request that its answer repeats, and what they
// are if the request has none.
var repeated = []struct{ name, absent string }{
	{"instructions", "null"}, {"max_output_tokens", "null"}, {"metadata", "{}"}, {"parallel_tool_calls", "true"},
	{"previous_response_id", "null"}, {"prompt_cache_key", "null"}, {"reasoning", `{"effort":null,"summary":null}`},
	{"safety_identifier", "null"}, {"store", "true"}, {"temperature", "1.0"}, {"text", `{"format":{"type":"text"}}`},
	{"tool_choice", `"auto"`}, {"tools", "[]"}, {"top_p", "1.0"}, {"truncation", `"disabled"`}, {"user", "null"},
}

// document writes the response as it is with a status.
func (r *response) document(status string) []byte {
	output, usage, details := "[]", "null", "null"
	if status != "in_progress" {
		output, usage = "["+strings.Join(r.items(), ",")+"]", r.tokens()
	}
	if status == "incomplete" {
		details = `{"reason":"max_output_tokens"}`
	}
	dst := []byte(`{"id":"resp_` + r.id + `","object":"response","created_at":`)
	dst = strconv.AppendInt(dst, r.created, 10)
	dst = append(dst, `,"status":"`+status+`","background":false,"error":null,"incomplete_details":`+details+`,"model":`...)
	dst = gjson.AppendJSONString(dst, r.q.questions[0].Model)
	dst = append(dst, `,"output":`+output+`,"service_tier":"default","usage":`+usage...)
	for _, m := range repeated {
		raw := m.absent
		if v := r.q.doc.get(m.name); v.Exists() && v.Type != gjson.Null {
			raw = v.Raw
		}
		dst = append(dst, `,"`+m.name+`":`+raw...)
	}
	return append(dst, '}')
}

// tokens is the usage object.
func (r *response) tokens() string {
	return `{"input_tokens":` + strconv.Itoa(r.usage.prompt) + `,"input_tokens_details":{"cache_write_tokens":0,"cached_tokens":` +
		strconv.Itoa(r.usage.cached) + `},"output_tokens":` + strconv.Itoa(r.usage.output) + `,"output_tokens_details":{"reasoning_tokens":` + strconv.Itoa(countTokens(r.thought)) +
		`},"total_tokens":` + strconv.Itoa(r.usage.prompt+r.usage.output) + `}`
}

// items are those of the output.
func (r *response) items() []string {
	var items []string
	if r.thought != "" {
		items = append(items, r.reasoning(`[{"type":"summary_text","text":`+quoted(r.thought)+`}]`))
	}
	if r.said.tool != nil {
		return append(items, r.call("completed", r.said.tool.Arguments))
	}
	return append(items, r.words(r.status(), "["+textPart(r.said.text)+"]"))
}

func (r *response) reasoning(summary string) string {
	return `{"id":"rs_` + r.id + `","type":"reasoning","summary":` + summary + `}`
}

func (r *response) words(status, content string) string {
	return `{"id":"msg_` + r.id + `","type":"message","status":"` + status + `","content":` + content + `,"role":"assistant"}`
}

func (r *response) call(status, arguments string) string {
	return `{"id":"fc_` + r.id + `","type":"function_call","status":"` + status + `","arguments":` + quoted(arguments) +
		`,"call_id":"call_` + r.id + `","name":` + quoted(r.said.tool.Name) + `}`
}

func textPart(text string) string {
	return `{"type":"output_text","annotations":[],"logprobs":[],"text":` + quoted(text) + `}`
}

// responseStream numbers the events of one answer.
type responseStream struct {
	*stream
	sequence, index int
}

// numbered numbers an event that has these members.
func (t *responseStream) numbered(members string) string {
	n := `,"sequence_number":` + strconv.Itoa(t.sequence) + members
	t.sequence++
	return n
}

func (t *responseStream) say(kind, members string) { t.event(kind, t.numbered(members)) }

// item sends an item of the output.
func (t *responseStream) item(start, end string, grow func()) {
	at := `,"output_index":` + strconv.Itoa(t.index) + `,"item":`
	t.say("response.output_item.added", at+start)
	grow()
	t.say("response.output_item.done", at+end)
	t.index++
}

// events sends the answer.
func (r *response) events(s *stream) (last string) {
	t := &responseStream{stream: s}
	begun := `,"response":` + string(r.document("in_progress"))
	t.say("response.created", begun)
	t.say("response.in_progress", begun)
	items := r.items()
	if r.thought != "" {
		t.item(r.reasoning("[]"), items[0], func() { r.sendThought(t) })
	}
	if r.said.tool != nil {
		t.item(r.call("in_progress", ""), items[len(items)-1], func() { r.sendArguments(t) })
	} else {
		t.item(r.words("in_progress", "[]"), items[len(items)-1], func() { r.sendText(t) })
	}
	return event("response."+r.status(), t.numbered(`,"response":`+string(r.document(r.status()))))
}

func (r *response) sendThought(t *responseStream) {
	at := `,"item_id":"rs_` + r.id + `","output_index":` + strconv.Itoa(t.index) + `,"summary_index":0`
	t.say("response.reasoning_summary_part.added", at+`,"part":{"type":"summary_text","text":""}`)
	for piece := range pieces(&choice{text: r.thought}) {
		t.say("response.reasoning_summary_text.delta", at+`,"delta":`+quoted(piece))
	}
	t.say("response.reasoning_summary_text.done", at+`,"text":`+quoted(r.thought))
	t.say("response.reasoning_summary_part.done", at+`,"part":{"type":"summary_text","text":`+quoted(r.thought)+`}`)
}

func (r *response) sendArguments(t *responseStream) {
	at := `,"item_id":"fc_` + r.id + `","output_index":` + strconv.Itoa(t.index)
	for piece := range pieces(&r.said) {
		t.say("response.function_call_arguments.delta", at+`,"delta":`+quoted(piece))
	}
	t.say("response.function_call_arguments.done", at+`,"arguments":`+quoted(r.said.tool.Arguments))
}

func (r *response) sendText(t *responseStream) {
	at := `,"item_id":"msg_` + r.id + `","output_index":` + strconv.Itoa(t.index) + `,"content_index":0`
	t.say("response.content_part.added", at+`,"part":`+textPart(""))
	for piece := range pieces(&r.said) {
		t.say("response.output_text.delta", at+`,"delta":`+quoted(piece)+`,"logprobs":[]`)
	}
	t.say("response.output_text.done", at+`,"text":`+quoted(r.said.text)+`,"logprobs":[]`)
	t.say("response.content_part.done", at+`,"part":`+textPart(r.said.text))
}
