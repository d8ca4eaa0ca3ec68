package api_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/askonce/askonce/api"
)

// labelled are lookups of which the right ones score higher.
func labelled(n int) string {
	random := rand.New(rand.NewPCG(1, 1))
	rows := make([]string, n)
	for i := range rows {
		right, score := random.Float64() < 0.6, 0.5+0.3*random.Float64()
		if right {
			score += 0.2
		}
		rows[i] = fmt.Sprintf(`{"score":%.4f,"right":%v}`, score, right)
	}
	return "[" + strings.Join(rows, ",") + "]"
}

func TestTuneAppliesACertifiedThreshold(t *testing.T) {
	w := newWorld(t, plan{})
	d := readDocument(t, w)
	body := `{"namespace":"faq","lookups":` + labelled(2000) + `,"seed":3}`
	got := w.post("/v1/tune", body).wants(t, 200)
	d.checkAnswer(t, "/paths/~1v1~1tune/post", got)
	found := got.decode(t)
	certificate := found["certificate"].(map[string]any)
	if found["certified"] != true || found["applied"] != nil || certificate["precision"] != 0.97 || certificate["confidence"] != 0.95 ||
		found["judge"].(map[string]any)["embedder"] != "bag-of-words/1/64" || certificate["bound"].(float64) < 0.97 {
		t.Fatalf("%v", found)
	}
	if len(found["curve"].([]any)) < 20 || found["savings"].(map[string]any)["calls_per_1000"].(float64) <= 0 {
		t.Errorf("%v", found)
	}
	holds := w.send("GET", "/v1/thresholds?namespace=faq", "").wants(t, 200).decode(t)["thresholds"].([]any)[0].(map[string]any)
	if holds["version"] != "default" || holds["current"] != nil {
		t.Errorf("without apply: %v", holds)
	}
	applied := w.post("/v1/tune", strings.Replace(body, `"seed":3`, `"seed":3,"apply":true`, 1)).wants(t, 200).decode(t)
	if applied["threshold"] != found["threshold"] || applied["applied"].(map[string]any)["version"] != 1.0 {
		t.Errorf("%v", applied["applied"])
	}
	d.checkAnswer(t, "/paths/~1v1~1thresholds/get", w.send("GET", "/v1/thresholds", "").wants(t, 200))
	holds = w.send("GET", "/v1/thresholds?namespace=faq", "").wants(t, 200).decode(t)["thresholds"].([]any)[0].(map[string]any)
	if holds["version"] != "v1" || holds["threshold"] != found["threshold"] {
		t.Errorf("after apply: %v", holds)
	}
}

func TestTuneSaysWhatIsMissing(t *testing.T) {
	w := newWorld(t, plan{})
	d := readDocument(t, w)
	got := w.post("/v1/tune", `{"lookups":`+labelled(400)+`,"precision":0.98,"apply":true}`).wants(t, 200)
	d.checkAnswer(t, "/paths/~1v1~1tune/post", got)
	found := got.decode(t)
	if found["certified"] != false || found["applied"] != nil || !strings.Contains(found["shortfall"].(map[string]any)["message"].(string), "more labels") {
		t.Errorf("%v", found)
	}
}

// Pairs are scored by the code that serves: the same words are near, a number
// more is refused by a guard.
func TestTuneScoresPairs(t *testing.T) {
	w := newWorld(t, plan{})
	var rows []string
	for i := range 400 {
		word := func(k int) string { return fmt.Sprintf("word%c%c%d", 'a'+i%26, 'a'+i/26%26, k) }
		a := word(1) + " " + word(2) + " " + word(3)
		rows = append(rows, fmt.Sprintf(`{"a":%q,"b":%q,"label":1}`, a, word(3)+" "+word(1)+" "+word(2)))
		rows = append(rows, fmt.Sprintf(`{"a":%q,"b":%q,"label":0}`, a, "other text about things"))
	}
	got := w.post("/v1/tune", `{"pairs":[`+strings.Join(rows, ",")+`],"positive_rate":0.3}`).wants(t, 200)
	readDocument(t, w).checkAnswer(t, "/paths/~1v1~1tune/post", got)
	found := got.decode(t)
	if found["certified"] != true || found["certificate"].(map[string]any)["positive_rate"] != 0.3 || found["threshold"].(float64) < 0.5 {
		t.Errorf("%v, %v", found["certificate"], found["shortfall"])
	}
}

func TestBadTuningIsAProblem(t *testing.T) {
	w := newWorld(t, plan{})
	d := readDocument(t, w)
	right := strings.TrimSuffix(strings.Repeat(`{"score":0.9,"right":true},`, 500), ",")
	for _, c := range []struct {
		body, code, says string
		status           int
	}{
		{`{}`, "invalid_body", "one of lookups, pairs, and labels", 400},
		{`{"lookups":[]}`, "no_labels", "no labels", 422},
		{`{"lookups":[` + right + `]}`, "one_class", "both kinds", 422},
		{`{"lookups":[{"score":0.9,"right":true},{"score":0.5,"right":false}]}`, "too_few", "fewer than", 422},
		{`{"lookups":[{"score":7,"right":true},{"right":true}]}`, "invalid_body", "lookups[1]", 400},
		{`{"lookups":[{"a":"x","b":"y","label":1}]}`, "invalid_body", `pairs have`, 400},
		{`{"pairs":[{"a":"x","b":"y","label":1}]}`, "invalid_body", "positive_rate", 400},
		{`{"pairs":[{"a":"x","b":"y","label":1},{"a":"x","b":"y","label":0}],"positive_rate":0.5}`, "contradiction", "same two texts", 422},
		{`{"lookups":[],"precision":2,"confidence":0}`, "invalid_body", "confidence", 400},
		{`{"labels":true}`, "no_labels", "no labels", 422},
	} {
		got := w.post("/v1/tune", c.body).wants(t, c.status)
		d.checkAnswer(t, "/paths/~1v1~1tune/post", got)
		if problem := got.decode(t); problem["type"] != "urn:askonce:problem:"+c.code || !strings.Contains(problem["detail"].(string), c.says) {
			t.Errorf("%.80s: %s", c.body, got.body)
		}
	}
}

func TestThresholdsAreSetAndRolledBack(t *testing.T) {
	w := newWorld(t, plan{options: func(o *api.Options) {
		o.Keys = []api.Key{key("ask_r", "acme", api.RoleRead), key("ask_w", "acme", api.RoleWrite), key("ask_a", "acme", api.RoleAdmin), key("ask_o", "other", api.RoleAdmin)}
	}})
	d := readDocument(t, w)
	put := func(body, who string) reply {
		return w.send(http.MethodPut, "/v1/thresholds", body, "Askonce-Key", who, "Content-Type", "application/json")
	}
	put(`{"threshold":0.8}`, "ask_r").wants(t, 403)
	put(`{"threshold":0.8}`, "ask_w").wants(t, 403)
	put(`{"threshold":1.8}`, "ask_a").wants(t, 400)
	put(`{}`, "ask_a").wants(t, 400)
	got := put(`{"threshold":0.8}`, "ask_a").wants(t, 200)
	d.checkAnswer(t, "/paths/~1v1~1thresholds/put", got)
	if v := got.decode(t); v["by"] != "acme-admin" || v["version"] != 1.0 || v["source"] != "set" {
		t.Errorf("%v", v)
	}
	put(`{"threshold":0.9}`, "ask_a").wants(t, 200)
	back := func(body string) reply { return w.post("/v1/thresholds/rollback", body, "Askonce-Key", "ask_a") }
	got = back(`{"to":1}`).wants(t, 200)
	d.checkAnswer(t, "/paths/~1v1~1thresholds~1rollback/post", got)
	if v := got.decode(t); v["version"] != 3.0 || v["of"] != 1.0 || v["threshold"] != 0.8 {
		t.Errorf("%v", v)
	}
	d.checkAnswer(t, "/paths/~1v1~1thresholds~1rollback/post", back(`{"to":77}`).wants(t, 404))
	back(`{"to":-1}`).wants(t, 400)
	history := w.send("GET", "/v1/thresholds/history", "", "Askonce-Key", "ask_r").wants(t, 200)
	d.checkAnswer(t, "/paths/~1v1~1thresholds~1history/get", history)
	if list := history.decode(t)["versions"].([]any); len(list) != 3 || list[0].(map[string]any)["version"] != 3.0 {
		t.Errorf("%v", list)
	}
	strange := w.send("GET", "/v1/thresholds/history", "", "Askonce-Key", "ask_o").wants(t, 200).decode(t)["versions"].([]any)
	if len(strange) != 0 {
		t.Errorf("another tenant sees %v", strange)
	}
	w.send("GET", "/v1/thresholds?namespace=a%20b", "", "Askonce-Key", "ask_r").wants(t, 400)
}

func TestFeedbackTakesAnAnswerBack(t *testing.T) {
	w := newWorld(t, plan{})
	d := readDocument(t, w)
	w.post("/v1/cache/store", `{"prompt":"how do I reset my password","response":"wrong"}`).wants(t, 201)
	ask := func() map[string]any {
		return w.post("/v1/cache/lookup", `{"prompt":"password my reset I do how"}`).wants(t, 200).decode(t)
	}
	hit := ask()
	receipt := hit["receipt"].(map[string]any)
	entry, request := hit["entry"].(map[string]any)["id"].(string), receipt["request"].(string)
	got := w.post("/v1/feedback", fmt.Sprintf(`{"entry":%q,"request":%q,"verdict":"wrong"}`, entry, request)).wants(t, 200)
	d.checkAnswer(t, "/paths/~1v1~1feedback/post", got)
	if done := got.decode(t); done["evicted"] != true || done["remembered"] != true || done["labelled"] != true {
		t.Errorf("%v", done)
	}
	if miss := ask(); miss["hit"] != false {
		t.Fatalf("the wrong answer is still there: %v", miss)
	}
	w.post("/v1/cache/store", `{"prompt":"how do I reset my password","response":"again"}`).wants(t, 201)
	miss := ask()
	if why := miss["receipt"].(map[string]any)["reason"]; miss["hit"] != false || why != "said_wrong" {
		t.Errorf("the question gets that entry again: %v", miss)
	}
	other := w.post("/v1/cache/lookup", `{"prompt":"password reset my I do how"}`).wants(t, 200).decode(t)
	if other["hit"] != true {
		t.Errorf("another question suffers: %v", other)
	}
	list := w.send("GET", "/v1/feedback", "").wants(t, 200)
	d.checkAnswer(t, "/paths/~1v1~1feedback/get", list)
	label := list.decode(t)["labels"].([]any)[0].(map[string]any)
	if label["right"] != false || label["asked"] != "password my reset I do how" || label["stored"] != "how do I reset my password" || label["score"].(float64) < 0.99 {
		t.Errorf("%v", label)
	}
}

func TestFeedbackOnThePassthrough(t *testing.T) {
	w := newWorld(t, plan{})
	w.chat(question("how do I reset my password")).wants(t, 200)
	hit := w.chat(question("password my reset I do how")).wants(t, 200).wantsHeader(t, "Cache-Status", "detail=semantic")
	_, rest, _ := strings.Cut(hit.header.Get("Askonce-Receipt"), "request=")
	request, _, _ := strings.Cut(rest, ";")
	w.post("/v1/feedback", fmt.Sprintf(`{"entry":%q,"request":%q,"verdict":"wrong"}`, hit.header.Get("Askonce-Entry"), request)).wants(t, 200)
	w.chat(question("password my reset I do how")).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
}

func TestFeedbackThatCannotBe(t *testing.T) {
	w := newWorld(t, plan{options: func(o *api.Options) {
		o.Keys = []api.Key{key("ask_r", "acme", api.RoleRead), key("ask_w", "acme", api.RoleWrite), key("ask_o", "other", api.RoleWrite)}
	}})
	id := w.post("/v1/cache/store", `{"prompt":"p","response":"r"}`, "Askonce-Key", "ask_w").wants(t, 201).decode(t)["id"].(string)
	good := fmt.Sprintf(`{"entry":%q,"verdict":"wrong"}`, id)
	w.post("/v1/feedback", good, "Askonce-Key", "ask_r").wants(t, 403)
	w.post("/v1/feedback", good, "Askonce-Key", "ask_o").wants(t, 404)
	w.post("/v1/feedback", `{"entry":"nope","verdict":"maybe","x":1}`, "Askonce-Key", "ask_w").wants(t, 400)
	w.post("/v1/feedback", `{"entry":"nope","verdict":"maybe"}`, "Askonce-Key", "ask_w").wants(t, 400)
	w.post("/v1/feedback", `{"verdict":"right"}`, "Askonce-Key", "ask_w").wants(t, 400)
	w.post("/v1/feedback", strings.Replace(good, id, strings.Repeat("0", 64), 1), "Askonce-Key", "ask_w").wants(t, 404)
	w.post("/v1/feedback", good, "Askonce-Key", "ask_w").wants(t, 200)
}
