package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func TestStoreThenLookup(t *testing.T) {
	w := newWorld(t, plan{})
	stored := w.post("/v1/cache/store", `{"prompt":"how do I reset my password","response":"Click \"Forgot\".","tags":["faq"],"ttl":3600}`)
	stored.wants(t, 201)
	made := stored.decode(t)
	if made["semantic"] != "stored" || stored.header.Get("Location") != "/v1/cache/entries/"+made["id"].(string) {
		t.Errorf("%v, %v", made, stored.header)
	}
	got := w.post("/v1/cache/lookup", `{"prompt":"how do I reset my password"}`).wants(t, 200).decode(t)
	entry := got["entry"].(map[string]any)
	if got["hit"] != true || got["layer"] != "exact" || got["similarity"] != 1.0 || entry["id"] != made["id"] {
		t.Errorf("%v", got)
	}
	if entry["response"] != `Click "Forgot".` || entry["prompt"] != "how do I reset my password" || fmt.Sprint(entry["tags"]) != "[faq]" {
		t.Errorf("%v", entry)
	}
	created, err := time.Parse(time.RFC3339, entry["created_at"].(string))
	must(t, err)
	expires, err := time.Parse(time.RFC3339, entry["expires_at"].(string))
	must(t, err)
	if life := expires.Sub(created); life != time.Hour {
		t.Errorf("the entry lives for %v", life)
	}
	got = w.post("/v1/cache/lookup", `{"prompt":"password my reset I do how"}`).wants(t, 200).decode(t)
	if got["layer"] != "semantic" || got["threshold"] != 0.95 || got["similarity"].(float64) < 0.99 {
		t.Errorf("%v", got)
	}
}

func TestAMissSaysWhy(t *testing.T) {
	w := newWorld(t, plan{})
	w.post("/v1/cache/store", `{"prompt":"one two three four","response":"r"}`).wants(t, 201)
	got := w.post("/v1/cache/lookup", `{"prompt":"one two three five","threshold":0.5}`).wants(t, 200).decode(t)
	receipt := got["receipt"].(map[string]any)
	if got["hit"] != false || got["layer"] != nil || got["entry"] != nil || got["similarity"] != nil {
		t.Errorf("%v", got)
	}
	if receipt["reason"] != "below_threshold" || receipt["nearest"].(float64) < 0.5 || receipt["clamped"] != true || got["threshold"] != 0.95 {
		t.Errorf("%v", receipt)
	}
}

func TestTagsOfALookupMustAllMatch(t *testing.T) {
	w := newWorld(t, plan{})
	w.post("/v1/cache/store", `{"prompt":"p q r","response":"r","tags":["a","b"]}`).wants(t, 201)
	for tags, hit := range map[string]bool{`[]`: true, `["a"]`: true, `["b","a"]`: true, `["a","c"]`: false} {
		for _, prompt := range []string{"p q r", "r q p"} {
			got := w.post("/v1/cache/lookup", `{"prompt":"`+prompt+`","tags":`+tags+`}`).wants(t, 200).decode(t)
			if got["hit"] != hit {
				t.Errorf("%s with %s: %v", prompt, tags, got)
			}
		}
	}
}

func TestStoredRequestsAnswerThePassthrough(t *testing.T) {
	for _, test := range []struct{ name, response, says string }{
		{"a text", `"Forty-two."`, "Forty-two."},
		{"a whole answer", `{"id":"c1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"Whole."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`, "Whole."},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, plan{})
			body := question("What is the answer?")
			id := w.post("/v1/cache/store", `{"request":`+body+`,"response":`+test.response+`}`).wants(t, 201).decode(t)["id"]
			hit := w.chat(body).wants(t, 200).wantsHeader(t, "Cache-Status", "hit").wantsHeader(t, "Askonce-Entry", id.(string))
			if !strings.Contains(hit.body, test.says) {
				t.Error(hit.body)
			}
			w.chat(question("What is the answer?", `,"stream":true`)).wants(t, 200).wantsHeader(t, "Content-Type", "event-stream")
			got := w.post("/v1/cache/lookup", `{"request":`+body+`}`).wants(t, 200).decode(t)
			if got["layer"] != "exact" {
				t.Errorf("%v", got)
			}
			if w.provider.calls() != 0 {
				t.Error("the provider was asked")
			}
		})
	}
}

func TestPromptEntriesNeverAnswerThePassthrough(t *testing.T) {
	w := newWorld(t, plan{})
	w.post("/v1/cache/store", `{"prompt":"What is the answer?","response":"From a prompt."}`).wants(t, 201)
	w.chat(question("What is the answer?")).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=")
}

func TestAnswersThatAreNotKept(t *testing.T) {
	w := newWorld(t, plan{})
	body := question("q")
	answer := func(reason string) string {
		return `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"` + reason + `"}]}`
	}
	w.post("/v1/cache/store", `{"request":`+body+`,"response":`+answer("length")+`}`).wants(t, 422).wantsHeader(t, "Content-Type", "application/problem+json")
	w.post("/v1/cache/store", `{"request":`+body+`,"response":{"error":{"message":"no"}}}`).wants(t, 400)
	w.post("/v1/cache/store", `{"request":{"model":"e","input":"x"},"response":"text"}`).wants(t, 400)
	got := w.post("/v1/cache/store", `{"request":`+body+`,"response":`+answer("tool_calls")+`}`).wants(t, 201).decode(t)
	if got["semantic"] != "skipped" {
		t.Errorf("%v", got)
	}
}

func TestEntries(t *testing.T) {
	w := newWorld(t, plan{})
	id := w.post("/v1/cache/store", `{"prompt":"p","response":{"b":[1,2.50],"a":null}}`).wants(t, 201).decode(t)["id"].(string)
	got := w.send("GET", "/v1/cache/entries/"+id, "").wants(t, 200)
	if !strings.Contains(got.body, `"response":{"b":[1,2.50],"a":null}`) {
		t.Errorf("the response is not what was stored: %s", got.body)
	}
	w.send("DELETE", "/v1/cache/entries/"+id, "").wants(t, 204)
	w.send("DELETE", "/v1/cache/entries/"+id, "").wants(t, 404)
	w.send("GET", "/v1/cache/entries/"+id, "").wants(t, 404)
	w.send("GET", "/v1/cache/entries/short", "").wants(t, 400)
	if got := w.post("/v1/cache/lookup", `{"prompt":"p"}`).decode(t); got["hit"] != false {
		t.Errorf("the deleted entry answers: %v", got)
	}
}

func TestInvalidate(t *testing.T) {
	w := newWorld(t, plan{})
	for i, body := range []string{
		`{"prompt":"a","response":"r","tags":["x"]}`, `{"prompt":"b","response":"r","tags":["x","y"]}`,
		`{"prompt":"c","response":"r","namespace":"n"}`, `{"request":` + question("d") + `,"response":"r"}`,
	} {
		if got := w.post("/v1/cache/store", body); got.status != 201 {
			t.Fatalf("%d: %s", i, got.body)
		}
	}
	count := func(body string) string {
		return w.post("/v1/cache/invalidate", body).wants(t, 200).body
	}
	for _, test := range []struct{ body, answer string }{
		{`{"tags":["x"],"dry_run":true}`, `{"matched":2,"deleted":0,"dry_run":true}`},
		{`{"tags":["x","y"]}`, `{"matched":1,"deleted":1,"dry_run":false}`},
		{`{"tags":["x"]}`, `{"matched":1,"deleted":1,"dry_run":false}`},
		{`{"model":"gpt-4o","dry_run":true}`, `{"matched":1,"deleted":0,"dry_run":true}`},
		{`{"older_than":3600}`, `{"matched":0,"deleted":0,"dry_run":false}`},
		{`{"namespace":"n"}`, `{"matched":1,"deleted":1,"dry_run":false}`},
		{`{"all":true}`, `{"matched":1,"deleted":1,"dry_run":false}`},
	} {
		if got := count(test.body); got != test.answer {
			t.Errorf("%s: %s, want %s", test.body, got, test.answer)
		}
	}
	for _, body := range []string{`{}`, `{"dry_run":true}`, `{"all":true,"model":"m"}`, `{"tag":"x"}`, `{"older_than":-1}`, `{"namespace":"a b"}`} {
		w.post("/v1/cache/invalidate", body).wants(t, 400)
	}
}

func TestBatches(t *testing.T) {
	w := newWorld(t, plan{})
	got := w.post("/v1/cache/store/batch", `{"items":[{"prompt":"a","response":"1"},{"prompt":"b"},{"prompt":"c","response":"3","ttl":0},{"prompt":"d","response":"4"}]}`)
	results := got.wants(t, 200).decode(t)["results"].([]any)
	for i, status := range []float64{201, 400, 400, 201} {
		result := results[i].(map[string]any)
		if result["status"] != status {
			t.Errorf("item %d: %v", i, result)
		}
		if status == 400 && !strings.Contains(fmt.Sprint(result["problem"]), fmt.Sprintf("items[%d]", i)) {
			t.Errorf("item %d: the problem does not say where: %v", i, result)
		}
	}
	var items []string
	for i := range 100 {
		items = append(items, fmt.Sprintf(`{"prompt":"%c"}`, "abcd"[i%4]))
	}
	results = w.post("/v1/cache/lookup/batch", `{"items":[`+strings.Join(items, ",")+`]}`).wants(t, 200).decode(t)["results"].([]any)
	for i := range 100 {
		result := results[i].(map[string]any)
		if result["status"] != 200.0 || result["hit"] != (i%4 == 0 || i%4 == 3) {
			t.Fatalf("item %d: %v", i, result)
		}
	}
	w.post("/v1/cache/lookup/batch", `{"items":[]}`).wants(t, 400)
	w.post("/v1/cache/lookup/batch", `{"items":[`+strings.Repeat(`{"prompt":"a"},`, 256)+`{"prompt":"a"}]}`).wants(t, 400)
}

func TestBadBodiesOfTheRESTAPI(t *testing.T) {
	w := newWorld(t, plan{})
	for _, test := range []struct{ path, body, location, message string }{
		{"lookup", ``, "", "ends after 0 bytes"},
		{"lookup", `[]`, "", "is a list where an object is wanted"},
		{"lookup", `{"prompt":1}`, "prompt", "is a number where a string is wanted"},
		{"lookup", `{"prompt":"a","prompt":"b"}`, "prompt", "more than once"},
		{"lookup", "{\"prompt\":\"\xff\"}", "", "UTF-8"},
		{"lookup", `{"prompt":"a","namepsace":"x"}`, "namepsace", "did you mean namespace?"},
		{"lookup", `{"prompt":"a","query":"x"}`, "query", "known are prompt, request"},
		{"lookup", `{"prompt":"a"} x`, "", "not valid JSON"},
		{"lookup", `{}`, "", "either prompt or request"},
		{"lookup", `{"prompt":"a","request":{}}`, "", "either prompt or request"},
		{"lookup", `{"prompt":"a","namespace":"a b","threshold":2,"tags":["ok","not ok"]}`, "tags[1]", "tag"},
		{"lookup", `{"prompt":"a","tags":"x"}`, "tags", "is a string where a list is wanted"},
		{"lookup", `{"prompt":"a","tags":[1]}`, "tags[0]", "is a number where a string is wanted"},
		{"lookup", `{"request":[]}`, "request", "is a list where an object is wanted"},
		{"lookup", `{"request":{"model":"m"}}`, "request", "messages"},
		{"lookup", `{"request":{"model":"m","messages":3}}`, "request.messages", ""},
		{"lookup", `{"request":{"model":"m","input":["a","b"]}}`, "request.input", "several inputs"},
		{"store", `{"prompt":"a"}`, "response", "is wanted"},
		{"store", `{"prompt":"a","response":[]}`, "response", "is wanted"},
		{"store", `{"prompt":"a","response":"r","ttl":1.5}`, "ttl", "whole number"},
		{"store", `{"prompt":"a","response":"r","ttl":0}`, "ttl", "1 to"},
	} {
		got := w.post("/v1/cache/"+test.path, test.body, "Content-Type", "application/json").wants(t, 400)
		got.wantsHeader(t, "Content-Type", "application/problem+json")
		var doc struct {
			Status int
			Errors []struct{ Location, Message string }
		}
		must(t, json.Unmarshal([]byte(got.body), &doc, json.MatchCaseInsensitiveNames(true)))
		found := false
		for _, e := range doc.Errors {
			found = found || e.Location == test.location && strings.Contains(e.Message, test.message)
		}
		if !found || doc.Status != 400 {
			t.Errorf("%s %s: %s", test.path, test.body, got.body)
		}
	}
}

func TestStoreSaysWhenTheStoreIsDown(t *testing.T) {
	w := newWorld(t, plan{})
	w.db.Close()
	w.post("/v1/cache/store", `{"prompt":"p","response":"r"}`).wants(t, 503).wantsHeader(t, "Retry-After", "1")
	w.send("DELETE", "/v1/cache/entries/"+strings.Repeat("ab", 32), "").wants(t, 503)
	w.chat(question("still answered?")).wants(t, 200)
	if got := w.post("/v1/cache/lookup", `{"prompt":"p"}`).wants(t, 200).decode(t); got["hit"] != false {
		t.Errorf("%v", got)
	}
}
