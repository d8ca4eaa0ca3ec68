// What must hold for any bytes at all.

package llm

import (
	"bytes"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// FuzzCanonical checks that a key depends on what a body says and not on how
// it is written: the canonical document has the key of the body, and so has
// the body with its members turned round outside JSON Schemas.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		chat(`,"stream":true,"a":{"b":[1.0,{"d":"\u00e9"}],"a":null}`),
		chat(`,"tools":[{"function":{"parameters":{"b":{"y":1,"x":2},"a":1}}}]`),
		`{"model":"m","prompt":"a\nb","suffix":"c"}`,
		`{"model":"m","input":["a"],"dimensions":1e2}`,
		`{"model":"m","input":[[1,2]]}`,
		`{"model":"m","store":false,"input":[{"role":"user","content":[{"type":"input_text","text":"a"}]}],"tools":[{"parameters":{"b":1,"a":2}}]}`,
		`{"model":"m","system":[{"cache_control":{}}],"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{}}]}],"tools":[{"input_schema":{"cache_control":1}}]}`,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":""}]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		for _, ep := range Endpoints {
			r, err := ParseRequest(ep, body)
			if err != nil {
				continue
			}
			if !bytes.Equal(before, body) {
				t.Fatal("the body was changed")
			}
			if (r.Query == "") == (r.NoQuery == "") || (r.Query == "") != (r.Scope == Digest{}) {
				t.Fatalf("query %q, no query %q, scope %x", r.Query, r.NoQuery, r.Scope)
			}
			sameDigests(t, r, filled(t, ep, body))
			sameDigests(t, r, turned(t, ep, body))
			if up := r.UpstreamBody(); CheckJSON(up) != nil {
				t.Fatalf("the upstream's body is broken: %s", up)
			}
		}
	})
}

func sameDigests(t *testing.T, r *Request, body []byte) {
	t.Helper()
	other, err := ParseRequest(r.Endpoint, body)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if other.Key != r.Key || other.Scope != r.Scope || other.Query != r.Query {
		t.Fatalf("%s\nand %s\nhave different digests", r.Body, body)
	}
}

// filled is the canonical document with the query text in its holes.
func filled(t *testing.T, ep Endpoint, body []byte) []byte {
	var doc tape
	if err := doc.parse(body); err != nil {
		t.Fatal(err)
	}
	parts := bytes.Split(document(t, ep, body), []byte{holeMark})
	out := parts[0]
	for i, h := range queryOf(ep, fieldsOf(ep, doc.root())).holes {
		out, _ = jsontext.AppendQuote(slices.Clip(out), h.content)
		out = append(out, parts[i+1]...)
	}
	return out
}

// turned is the body with the members of all objects in the reverse order,
// except in JSON Schemas.
func turned(t *testing.T, ep Endpoint, body []byte) []byte {
	var doc tape
	if err := doc.parse(body); err != nil {
		t.Fatal(err)
	}
	return appendTurned(nil, doc.root(), &branch{below: places[ep]})
}

func appendTurned(dst []byte, v value, at *branch) []byte {
	if at.is(schema) {
		return append(dst, v.raw()...)
	}
	switch v.kind() {
	case '{':
		dst = append(dst, '{')
		members := slices.Collect(v.members())
		slices.Reverse(members)
		for i, m := range members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(dst, m.quoted()...), ':')
			dst = appendTurned(dst, m.value(), at.next(m.name()))
		}
		return append(dst, '}')
	case '[':
		dst = append(dst, '[')
		of := at.next([]byte("*"))
		first := true
		for e := range v.elements() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = appendTurned(dst, e, of)
		}
		return append(dst, ']')
	}
	return append(dst, v.raw()...)
}

// FuzzAssemble checks that a stream means the same however it is cut, and that
// an answer made of one is an answer.
func FuzzAssemble(f *testing.F) {
	f.Add([]byte("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"), 3)
	f.Add([]byte("\xEF\xBB\xBF: c\r\ndata: {\"choices\":[{\"text\":\"a\",\rdata:\"finish_reason\":\"stop\"}]}\r\n\r\ndata:[DONE]\r\r"), 1)
	f.Add([]byte("data: {\"choices\":[],\"usage\":{}}\r\n\r\ndata: x\r\n\r\n"), 1)
	f.Add([]byte("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},\"logprobs\":{\"content\":[{}]}}]}\n\n"), 7)
	f.Add([]byte("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"type\":\"message\",\"content\":[],\"usage\":{\"output_tokens\":1}}}\n\ndata: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"tool_use\",\"input\":{}}}\n\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"[1]\"}}\n\ndata: {\"type\":\"content_block_stop\"}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\ndata: {\"type\":\"message_stop\"}"), 5)
	f.Add([]byte("data: {\"type\":\"response.output_item.done\",\"item\":{}}\n\ndata: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}\n\n"), 9)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		size = 1 + max(size, -size)&63
		for _, ep := range []Endpoint{Chat, Completions, Responses, Messages} {
			whole, cut := NewAssembler(ep), NewAssembler(ep)
			var passedWhole, passedCut bytes.Buffer
			filterWhole, filterCut := NewUsageFilter(&passedWhole), NewUsageFilter(&passedCut)
			whole.Write(stream)
			filterWhole.Write(stream)
			for piece := range slices.Chunk(stream, size) {
				cut.Write(piece)
				filterCut.Write(piece)
			}
			filterWhole.Close()
			filterCut.Close()
			if !bytes.Equal(passedWhole.Bytes(), passedCut.Bytes()) {
				t.Fatalf("the filter passed %q whole and %q cut", &passedWhole, &passedCut)
			}
			a, errA := whole.Answer()
			b, errB := cut.Answer()
			if (errA == nil) != (errB == nil) || !bytes.Equal(a, b) || whole.Done() != cut.Done() {
				t.Fatalf("whole: %s, %v\ncut: %s, %v", a, errA, b, errB)
			}
			if errA != nil {
				continue
			}
			if _, err := ParseResponse(ep, a); err != nil && (ep == Chat || ep == Completions) {
				t.Fatalf("%s: %v", a, err) // the others take the provider's word for most of the answer
			}
			if err := CheckJSON(a); err != nil {
				t.Fatalf("%s: %v", a, err)
			}
		}
	})
}

// FuzzReplay checks that a replayed answer is a stream that can be assembled,
// and that what was assembled replays as itself.
func FuzzReplay(f *testing.F) {
	f.Add([]byte(`{"id":"i","choices":[{"index":0,"message":{"role":"assistant","content":"a b"},"finish_reason":"stop"}]}`))
	f.Add([]byte("{\"choices\":[{\"text\":\"\\ud83d\\ude00\",\n\"finish_reason\":\"stop\",\"logprobs\":{\"tokens\":[\"a\"]}}],\"usage\":{\"prompt_tokens\":1}}"))
	f.Add([]byte(`{"choices":[{"message":{"tool_calls":[{"id":"a","custom":{"name":"n","input":"x"}}],"function_call":{"arguments":"{}"}},"finish_reason":"stop"}]}`))
	f.Add([]byte(`{"type":"message","content":[{"type":"text","text":"a","citations":[{}]},{"type":"thinking","thinking":"b","signature":"c"},{"type":"tool_use","input":{"a":"\n"}}],"stop_reason":"end_turn","usage":{"output_tokens":1}}`))
	f.Add([]byte(`{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a","annotations":[{}]},{"type":"refusal","refusal":"b"}]},{"type":"function_call","arguments":"{}"},{"type":"reasoning","summary":[{"text":"c"}],"content":[{"type":"reasoning_text","text":"d"}]}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		for _, ep := range []Endpoint{Chat, Completions, Responses, Messages} {
			first, err := assembled(ep, answer)
			if err != nil {
				continue
			}
			second, err := assembled(ep, first)
			if err != nil {
				t.Fatalf("%s\nbecame %s: %v", answer, first, err)
			}
			if !bytes.Equal(canonicalJSON(t, first), canonicalJSON(t, second)) {
				t.Fatalf("%s\nbecame %s", first, second)
			}
		}
	})
}

// assembled is the answer after a replay.
func assembled(ep Endpoint, answer []byte) ([]byte, error) {
	stream, err := AppendStream(nil, ep, answer, true)
	if err != nil {
		return nil, err
	}
	a := NewAssembler(ep)
	a.Write(stream)
	return a.Answer()
}

// canonicalJSON makes documents comparable.
func canonicalJSON(t testing.TB, doc []byte) []byte {
	t.Helper()
	v := jsontext.Value(bytes.Clone(doc))
	if err := v.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)); err != nil {
		t.Fatal(err)
	}
	return v
}
