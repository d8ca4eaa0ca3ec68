// Responses and Anthropic's messages: their streams, replayed and assembled.

package llm

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"
)

// TestGoldenReplays pins the events that answers replay as, and checks that
// they are the answer again.
func TestGoldenReplays(t *testing.T) {
	for _, ep := range []Endpoint{Responses, Messages} {
		file := filepath.Join("testdata", "replay_"+string(ep)+".txtar")
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkGoldens(t, file, archive, func(answer []byte) []byte {
			stream, err := AppendStream(nil, ep, answer, false)
			if err != nil {
				return []byte("error " + err.Error() + "\n")
			}
			again, err := assemble(ep, stream)
			if err != nil {
				t.Fatalf("%s\n%v", stream, err)
			}
			if got, want := canonicalJSON(t, again), canonicalJSON(t, answer); !bytes.Equal(got, want) {
				t.Errorf("the stream of an answer is another one:\n got %s\nwant %s", got, want)
			}
			return stream
		})
	}
}

// drawBlock draws a block of a message.
func drawBlock(t *rapid.T) any {
	b := object{}
	maybe(t, b, "x_new", nil, 1, object{"a": "b"})
	switch rapid.IntRange(0, 4).Draw(t, "block") {
	case 0:
		b["type"], b["text"] = "text", text().Draw(t, "text")
		maybe(t, b, "citations", nil, []any{}, []any{object{"type": "page_location", "cited_text": "a\nb"}, object{}})
	case 1:
		b["type"], b["thinking"] = "thinking", text().Draw(t, "thinking")
		maybe(t, b, "signature", "", "Eqo+/=")
	case 2:
		b["type"], b["id"], b["name"] = "tool_use", "toolu_1", "f"
		b["input"] = rapid.SampledFrom([]any{object{}, object{"a": text().Draw(t, "argument"), "b": []any{1.5, nil}}}).Draw(t, "input")
	case 3:
		b["type"], b["data"] = "redacted_thinking", "EmwK"
	default:
		b["type"], b["content"] = "web_search_tool_result", []any{object{"type": "web_search_result", "text": "t"}}
	}
	return b
}

func drawMessageAnswer(t *rapid.T) object {
	a := object{"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "stop_sequence": nil}
	a["content"] = rapid.SliceOfN(rapid.Custom(drawBlock), 0, 4).Draw(t, "content")
	a["stop_reason"] = rapid.SampledFrom([]string{"end_turn", "max_tokens", "stop_sequence", "refusal"}).Draw(t, "reason")
	maybe(t, a, "stop_sequence", "###")
	maybe(t, a, "stop_details", nil, object{"type": "refusal"})
	maybe(t, a, "container", nil, object{"id": "c_1"})
	maybe(t, a, "context_management", nil, object{"applied_edits": []any{}})
	usage := object{"input_tokens": 3, "output_tokens": 7}
	maybe(t, usage, "cache_read_input_tokens", nil, 0, 11)
	maybe(t, usage, "cache_creation", nil, object{"ephemeral_5m_input_tokens": 4})
	maybe(t, usage, "server_tool_use", nil, object{"web_search_requests": 1})
	maybe(t, usage, "service_tier", "standard")
	a["usage"] = usage
	return a
}

// drawItem draws an item of a response's output.
func drawItem(t *rapid.T) any {
	item := object{"id": rapid.StringMatching(`[a-z]{8}`).Draw(t, "id"), "status": "completed"}
	switch rapid.IntRange(0, 4).Draw(t, "item") {
	case 0:
		item["type"], item["role"] = "message", "assistant"
		item["content"] = []any{
			object{"type": "output_text", "text": text().Draw(t, "text"), "annotations": []any{object{"type": "url_citation"}}, "logprobs": []any{}},
			object{"type": "refusal", "refusal": text().Draw(t, "refusal")},
			object{"type": "hologram"},
		}
	case 1:
		item["type"], item["call_id"], item["name"], item["arguments"] = "function_call", "call_1", "f", text().Draw(t, "arguments")
	case 2:
		item["type"], item["call_id"], item["name"], item["input"] = "custom_tool_call", "call_1", "f", text().Draw(t, "input")
	case 3:
		item["type"], item["summary"] = "reasoning", []any{object{"type": "summary_text", "text": text().Draw(t, "summary")}}
		maybe(t, item, "content", nil, []any{object{"type": "reasoning_text", "text": "so"}})
	default:
		item["type"], item["action"] = "web_search_call", object{"type": "search", "query": "q"}
	}
	return item
}

func drawResponseAnswer(t *rapid.T) object {
	a := object{"id": "resp_1", "object": "response", "created_at": 1, "error": nil, "model": "m"}
	a["status"] = rapid.SampledFrom([]string{"completed", "incomplete", "failed"}).Draw(t, "status")
	a["output"] = rapid.SliceOfN(rapid.Custom(drawItem), 0, 4).Draw(t, "output")
	maybe(t, a, "usage", nil, object{"input_tokens": 1})
	return a
}

// TestReplayIsTheAnswerInEveryDialect checks that what is streamed of any
// answer adds up to that answer, however it is cut.
func TestReplayIsTheAnswerInEveryDialect(t *testing.T) {
	for ep, draw := range map[Endpoint]func(*rapid.T) object{Messages: drawMessageAnswer, Responses: drawResponseAnswer} {
		rapid.Check(t, func(r *rapid.T) {
			answer := draw(r)
			doc := encode(r, answer)
			if rapid.Bool().Draw(r, "indented") {
				var indented bytes.Buffer
				if err := json.Indent(&indented, doc, "", "\t"); err != nil {
					r.Fatal(err)
				}
				doc = indented.Bytes()
			}
			stream, err := AppendStream(nil, ep, doc, false)
			if err != nil {
				r.Fatal(err)
			}
			a := NewAssembler(ep)
			cut := rapid.IntRange(0, len(stream)).Draw(r, "cut")
			a.Write(stream[:cut])
			_, _ = a.Answer() // an early look changes nothing
			a.Write(stream[cut:])
			got, err := a.Answer()
			if err != nil || !a.Done() {
				r.Fatalf("%s\n%v", stream, err)
			}
			if got, want := canonicalJSON(t, got), canonicalJSON(t, doc); !bytes.Equal(got, want) {
				r.Fatalf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestUnterminatedLastEvent checks streams whose server closes right after the
// last event's text.
func TestUnterminatedLastEvent(t *testing.T) {
	for ep, answer := range map[Endpoint]string{
		Messages:  `{"type":"message","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"output_tokens":1}}`,
		Responses: `{"status":"completed","output":[]}`,
	} {
		stream, err := AppendStream(nil, ep, []byte(answer), false)
		if err != nil {
			t.Fatal(err)
		}
		whole := bytes.TrimRight(stream, "\n")
		if _, err := assemble(ep, whole); err != nil {
			t.Errorf("%s: %v", ep, err)
		}
		if got, err := assemble(ep, whole[:len(whole)-1]); err == nil {
			t.Errorf("%s: a stream that was cut off made %s", ep, got)
		}
	}
}

func TestEventErrors(t *testing.T) {
	const start = `{"type":"message_start","message":{"content":[]}}`
	const block = `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`
	const stop = `{"type":"message_stop"}`
	cases := []struct {
		ep           Endpoint
		name, stream string
		want         string
	}{
		{Messages, "no stop", events(start), "before its terminal event"},
		{Messages, "a mark for its end", events(start, "[DONE]"), "before its terminal event"},
		{Messages, "no stop reason", events(start, stop), "no stop reason"},
		{Messages, "no start", events(block), "before the message's start"},
		{Messages, "two starts", events(start, start), "second message"},
		{Messages, "open block", events(start, block, `{"type":"message_delta","delta":{"stop_reason":"end_turn"}}`, stop), "block 0 of the stream has no end"},
		{Messages, "error event", events(start) + "event: error\n" + events(`{"type":"error","error":{"message":"s3cret"}}`, stop), "error event"},
		{Messages, "unnamed error event", events(start, `{"type":"error","error":{"message":"s3cret"}}`, stop), "error event"},
		{Messages, "unknown delta", events(start, block, `{"type":"content_block_delta","index":0,"delta":{"type":"hologram_delta","s3cret":1}}`), "cannot be merged"},
		{Messages, "delta of nothing", events(start, `{"type":"content_block_delta","index":7,"delta":{"type":"text_delta","text":"s3cret"}}`), "not open"},
		{Messages, "broken input", events(start, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","input":{}}}`, `{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{s3cret"}}`, `{"type":"content_block_stop","index":0}`), "not JSON"},
		{Responses, "no end", events(`{"type":"response.created","response":{}}`), "before its terminal event"},
		{Responses, "error event", "event: error\n" + events(`{"type":"error","message":"s3cret"}`), "error event"},
		{Responses, "no type", events(`{"s3cret":1}`), "no type"},
		{Responses, "no response", events(`{"type":"response.completed","response":"s3cret"}`), "not an object"},
		{Responses, "output no array", events(`{"type":"response.completed","response":{"output":"s3cret"}}`), "not an array"},
	}
	for _, c := range cases {
		got, err := assemble(c.ep, []byte(c.stream))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %s, %v; want an error with %q", c.name, got, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error quotes the stream: %v", c.name, err)
		}
	}
}

// TestTextAnswersReplay checks that an answer made of a text is one that SDKs
// and the cache can work with.
func TestTextAnswersReplay(t *testing.T) {
	for _, ep := range []Endpoint{Chat, Completions, Responses, Messages} {
		answer, err := TextAnswer(ep, "m", "a\n\"b\"", "i", time.Unix(7, 0))
		if err != nil {
			t.Fatal(err)
		}
		stream, err := AppendStream(nil, ep, answer, true)
		if err != nil {
			t.Fatal(err)
		}
		again, err := assemble(ep, stream)
		if err != nil || !bytes.Contains(again, []byte(`a\n\"b\"`)) {
			t.Errorf("%s: %s became %s, %v", ep, answer, again, err)
		}
		if r, err := ParseResponse(ep, again); err != nil || r.Model != "m" {
			t.Errorf("%s: %+v, %v", ep, r, err)
		}
		if _, err := TextAnswer(ep, "m", "\xff", "i", time.Unix(7, 0)); err == nil {
			t.Errorf("%s: a text that is not UTF-8 became an answer", ep)
		}
	}
}

func TestBypass(t *testing.T) {
	var got []string
	for ep, more := range map[Endpoint]string{
		Responses: `"input":"x","background":true`, Messages: `"messages":[],"container":{"id":"c"}`, Chat: `"messages":[],"container":"c"`,
	} {
		got = append(got, string(ep)+" "+mustParse(t, ep, `{"model":"m",`+more+`}`).Bypass)
	}
	slices.Sort(got)
	if want := []string{"chat ", "messages container", "responses background"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
