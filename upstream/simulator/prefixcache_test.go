// The prefix cache, rule by rule.

package simulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/askonce/askonce/upstream/simulator"
)

// words are n words of one token each; the first tells them from others.
func words(first string, n int) string { return first + strings.Repeat(" word", n-1) }

// caller asks a simulator with a key.
type caller struct {
	t   *testing.T
	s   *simulator.Simulator
	key string
}

func newCaller(t *testing.T, opts simulator.Options) *caller {
	t.Helper()
	s, err := simulator.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return &caller{t, s, "sk-1"}
}

func (c *caller) post(path, body string) (int, gjson.Result) {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+c.key)
	w := httptest.NewRecorder()
	c.s.ServeHTTP(w, r)
	return w.Code, gjson.Parse(w.Body.String())
}

// usage is that of an answer.
func (c *caller) usage(path, body string) gjson.Result {
	c.t.Helper()
	status, answer := c.post(path, body)
	if status != http.StatusOK {
		c.t.Fatalf("status %d: %s", status, answer)
	}
	return answer.Get("usage")
}

// chat asks with instructions and a question, and returns the prompt's tokens and
// how many of them were cached.
func (c *caller) chat(system, question, more string) (prompt, cached int64) {
	c.t.Helper()
	u := c.usage("/v1/chat/completions", fmt.Sprintf(
		`{"model":"gpt-4.1","messages":[{"role":"system","content":%q},{"role":"user","content":%q}]%s}`, system, question, more))
	return u.Get("prompt_tokens").Int(), u.Get("prompt_tokens_details.cached_tokens").Int()
}

func (c *caller) wantsCached(what string, want int64, system, question, more string) {
	c.t.Helper()
	if _, cached := c.chat(system, question, more); cached != want {
		c.t.Errorf("%s: %d tokens cached, want %d", what, cached, want)
	}
}

// The instructions begin behind 3 tokens of their message's.
const ofMessage = 3

func TestOpenAIKeepsFromTheLeastLengthInSteps(t *testing.T) {
	for _, c := range []struct {
		system int // tokens that two calls share, with those of the message
		cached int64
	}{
		{1023, 0}, {1024, 1024}, {1151, 1024}, {1152, 1152}, {3000, 2944},
	} {
		call := newCaller(t, simulator.Options{})
		system := words("begin", c.system-ofMessage)
		call.wantsCached("the first call", 0, system+" one", words("first", 400), "")
		call.wantsCached(fmt.Sprintf("%d tokens in common", c.system), c.cached, system+" two", words("second", 400), "")
	}
}

func TestOpenAIForgetsAfterFiveMinutesWithoutUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		call := newCaller(t, simulator.Options{})
		system := words("begin", 1500)
		call.wantsCached("new", 0, system, "a", "")
		for range 3 { // longer than a life together
			time.Sleep(4 * time.Minute)
			call.wantsCached("used before it ended", 1408, system, "b", "")
		}
		time.Sleep(5 * time.Minute)
		call.wantsCached("not used for as long as it lives", 0, system, "c", "")
		call.wantsCached("kept for a day from now on", 1408, system, "c", `,"prompt_cache_retention":"24h"`)
		time.Sleep(23 * time.Hour)
		call.wantsCached("within that day", 1408, system, "d", "")
	})
}

func TestOpenAIsPrefixesAreTheCallersOwn(t *testing.T) {
	call := newCaller(t, simulator.Options{})
	system := words("begin", 1500)
	call.wantsCached("new", 0, system, "a", "")
	other := *call
	other.key = "sk-2"
	other.wantsCached("another key", 0, system, "a", "")
	call.wantsCached("another cache key", 0, system, "a", `,"prompt_cache_key":"k"`)
	call.wantsCached("that cache key again", 1408, system, "b", `,"prompt_cache_key":"k"`)
	call.wantsCached("the first key", 1408, system, "b", "")
	call.s.Reset()
	call.wantsCached("after a reset", 0, system, "b", "")
}

func TestWhatDiffersAtTheFrontLeavesNothing(t *testing.T) {
	call := newCaller(t, simulator.Options{})
	rest := words("", 1500)
	call.wantsCached("new", 0, "one "+rest, "a", "")
	call.wantsCached("another first word", 0, "two "+rest, "a", "")
	const tools = `,"tools":[{"type":"function","function":{"name":"a","parameters":{"x":1,"y":2}}},{"type":"function","function":{"name":"b"}}]`
	call.wantsCached("tools in front", 0, "one "+rest, "a", tools)
	same := strings.Replace(tools, `{"type":"function","function":{"name":"b"}}`, `{"function":{"name":"b"}, "type":"function"}`, 1)
	if _, cached := call.chat("one "+rest, "b", same); cached == 0 {
		t.Error("the members of a tool's envelope came in another order, and nothing was cached")
	}
	call.wantsCached("a schema's members in another order", 0, "one "+rest, "b", strings.Replace(tools, `"x":1,"y":2`, `"y":2,"x":1`, 1))
	call.wantsCached("a schema for the answer", 0, "one "+rest, "b", `,"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{}}}`)
}

func TestPrefixesCanBeSwitchedOff(t *testing.T) {
	call := newCaller(t, simulator.Options{PrefixCache: simulator.PrefixCacheOff})
	system := words("begin", 1500)
	call.wantsCached("new", 0, system, "a", "")
	call.wantsCached("again", 0, system, "a", "")
	if _, err := simulator.New(simulator.Options{PrefixCache: "maybe"}); err == nil || !strings.Contains(err.Error(), "PrefixCache") {
		t.Errorf("an unknown state: %v", err)
	}
}

func TestAPrefixIsThereWhenItsAnswerHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		call := newCaller(t, simulator.Options{Latency: time.Second})
		system := words("begin", 1500)
		go call.wantsCached("the first call", 0, system, "a", "")
		time.Sleep(time.Second / 2)
		call.wantsCached("before the first answer began", 0, system, "b", "")
		call.wantsCached("after it", 1408, system, "c", "")
	})
}

func TestResponsesTellWhatWasCached(t *testing.T) {
	call := newCaller(t, simulator.Options{})
	for i, want := range []int64{0, 1408} {
		u := call.usage("/v1/responses", fmt.Sprintf(`{"model":"gpt-4.1","instructions":%q,"input":"question %d"}`, words("begin", 1500), i))
		if got := u.Get("input_tokens_details.cached_tokens").Int(); got != want {
			t.Errorf("call %d: %s", i+1, u)
		}
	}
	if got := call.s.Stats().Text.Cached; got != 1408 {
		t.Errorf("the stats count %d cached tokens", got)
	}
}

// mark is one that keeps a prefix for a life.
func mark(ttl string) string {
	if ttl == "" {
		return `,"cache_control":{"type":"ephemeral"}`
	}
	return `,"cache_control":{"type":"ephemeral","ttl":"` + ttl + `"}`
}

func textBlock(text, mark string) string {
	return fmt.Sprintf(`{"type":"text","text":%q%s}`, text, mark)
}

// message is a body of one turn.
func message(model, system, content string) string {
	return fmt.Sprintf(`{"model":%q,"max_tokens":9,"system":[%s],"messages":[{"role":"user","content":[%s]}]}`, model, system, content)
}

// counts are the three figures of a prompt that Anthropic reports.
type counts struct{ input, written, read int64 }

func (c *caller) messages(body string) counts {
	c.t.Helper()
	u := c.usage("/v1/messages", body)
	got := counts{u.Get("input_tokens").Int(), u.Get("cache_creation_input_tokens").Int(), u.Get("cache_read_input_tokens").Int()}
	if sum := u.Get("cache_creation.ephemeral_5m_input_tokens").Int() + u.Get("cache_creation.ephemeral_1h_input_tokens").Int(); sum != got.written {
		c.t.Errorf("the lives add up to %d tokens: %s", sum, u)
	}
	return got
}

func (c *caller) wants(what string, want counts, body string) {
	c.t.Helper()
	if got := c.messages(body); got != want {
		c.t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

const sonnet = "claude-sonnet-4-5"

func TestAnthropicKeepsWhatIsMarked(t *testing.T) {
	call := newCaller(t, simulator.Options{})
	rules := textBlock(words("rules", 2000), mark(""))
	call.wants("unmarked", counts{2007, 0, 0}, message(sonnet, textBlock(words("rules", 2000), ""), textBlock("a", "")))
	call.wants("unmarked again", counts{2007, 0, 0}, message(sonnet, textBlock(words("rules", 2000), ""), textBlock("a", "")))
	call.wants("marked", counts{7, 2000, 0}, message(sonnet, rules, textBlock("a", "")))
	call.wants("marked again", counts{8, 0, 2000}, message(sonnet, rules, textBlock("b c", "")))
	call.wants("with a marked turn behind", counts{3, 4, 2000}, message(sonnet, rules, textBlock("d", mark(""))))
	call.wants("another first word", counts{7, 2000, 0}, message(sonnet, textBlock(words("laws", 2000), mark("")), textBlock("a", "")))
	call.wants("another model", counts{7, 2000, 0}, message("claude-sonnet-4", rules, textBlock("a", "")))
	other := *call
	other.key = "sk-2"
	other.wants("another key", counts{7, 2000, 0}, message(sonnet, rules, textBlock("a", "")))
	off := newCaller(t, simulator.Options{PrefixCache: simulator.PrefixCacheOff})
	off.wants("switched off", counts{7 + 2000, 0, 0}, message(sonnet, rules, textBlock("a", "")))
}

func TestAnthropicsLeastLengths(t *testing.T) {
	for model, least := range map[string]int{sonnet: 1024, "claude-opus-4-1": 1024, "claude-haiku-4-5": 4096, "claude-opus-4-5": 4096, "claude-3-5-haiku-latest": 2048, "claude-opus-5": 512} {
		call := newCaller(t, simulator.Options{})
		short, long := textBlock(words("rules", least-1), mark("")), textBlock(words("rules", least), mark(""))
		call.wants(model+", too short", counts{int64(least) + 6, 0, 0}, message(model, short, textBlock("a", "")))
		call.wants(model+", long enough", counts{7, int64(least), 0}, message(model, long, textBlock("a", "")))
		call.wants(model+", again", counts{7, 0, int64(least)}, message(model, long, textBlock("b", "")))
	}
}

func TestAnthropicsLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		call := newCaller(t, simulator.Options{})
		short := message(sonnet, textBlock(words("short", 1500), mark("")), textBlock("a", ""))
		long := message(sonnet, textBlock(words("long", 1500), mark("1h")), textBlock("a", ""))
		call.wants("new", counts{7, 1500, 0}, short)
		call.wants("new", counts{7, 1500, 0}, long)
		for range 3 {
			time.Sleep(4 * time.Minute)
			call.wants("read before it ended", counts{7, 0, 1500}, short)
		}
		time.Sleep(5 * time.Minute)
		call.wants("not read for 5 minutes", counts{7, 1500, 0}, short)
		time.Sleep(42 * time.Minute)
		call.wants("within an hour", counts{7, 0, 1500}, long)
		time.Sleep(59 * time.Minute)
		call.wants("an hour after it was read", counts{7, 0, 1500}, long)
		time.Sleep(time.Hour)
		call.wants("after that hour", counts{7, 1500, 0}, long)
	})
}

func TestAnthropicWritesForAnHourAndForMinutes(t *testing.T) {
	call := newCaller(t, simulator.Options{})
	u := call.usage("/v1/messages", message(sonnet, textBlock(words("rules", 1500), mark("1h")), textBlock("a", mark("5m"))))
	if hour, minutes := u.Get("cache_creation.ephemeral_1h_input_tokens").Int(), u.Get("cache_creation.ephemeral_5m_input_tokens").Int(); hour != 1500 || minutes != 4 {
		t.Errorf("written: %s", u)
	}
}

// TestAnthropicLooksBack has a turn grow block by block: a mark finds what was
// kept at most 19 blocks before its own.
func TestAnthropicLooksBack(t *testing.T) {
	for added, found := range map[int]bool{0: true, 1: true, 19: true, 20: false} {
		call := newCaller(t, simulator.Options{})
		first := textBlock(words("first", 1500), "")
		grown := first
		for i := range added {
			grown += "," + textBlock(fmt.Sprint("more ", i), "")
		}
		marked := func(blocks string) string { return strings.TrimSuffix(blocks, "}") + mark("") + "}" }
		call.messages(message(sonnet, textBlock("s", ""), marked(first)))
		if got := call.messages(message(sonnet, textBlock("s", ""), marked(grown))); (got.read > 0) != found {
			t.Errorf("%d blocks added: %+v", added, got)
		}
	}
}

// TestAnthropicsHierarchy changes one part at a time: what stands before it is
// read, the rest is written again.
func TestAnthropicsHierarchy(t *testing.T) {
	body := func(tool, system, choice, turn string) string {
		return fmt.Sprintf(`{"model":%q,"max_tokens":9,"tools":[{"name":"f","description":%q%s}],"system":[%s],"messages":[{"role":"user","content":[%s]}]%s}`,
			sonnet, words(tool, 1500), mark(""), textBlock(words(system, 1500), mark("")), textBlock(words(turn, 1500), mark("")), choice)
	}
	for _, c := range []struct {
		changed string
		body    string
		parts   int64 // read, of about 1,500 tokens each
	}{
		{"nothing", body("t", "s", "", "m"), 3},
		{"the turn", body("t", "s", "", "x"), 2},
		{"the tool choice", body("t", "s", `,"tool_choice":{"type":"none"}`, "m"), 2},
		{"the system text", body("t", "x", "", "m"), 1},
		{"the tool", body("x", "s", "", "m"), 0},
	} {
		call := newCaller(t, simulator.Options{})
		call.messages(body("t", "s", "", "m"))
		if got := call.messages(c.body); got.read/1500 != c.parts || (got.read+got.written)/1500 != 3 {
			t.Errorf("%s changed: %+v", c.changed, got)
		}
	}
}

func TestMarksThatAreRefused(t *testing.T) {
	five := strings.Repeat(textBlock("x", mark(""))+",", 4) + textBlock("x", mark(""))
	for what, body := range map[string]string{
		"five marks":                 message(sonnet, five, textBlock("a", "")),
		"an hour behind 5 minutes":   message(sonnet, textBlock("x", mark("5m")), textBlock("a", mark("1h"))),
		"another ttl":                message(sonnet, textBlock("x", mark("2h")), textBlock("a", "")),
		"no ephemeral mark":          message(sonnet, textBlock("x", `,"cache_control":{}`), textBlock("a", "")),
		"a mark on an empty text":    message(sonnet, textBlock("", mark("")), textBlock("a", "")),
		"a mark on a thinking block": message(sonnet, textBlock("x", ""), `{"type":"thinking","thinking":"t","signature":"s"`+mark("")+`}`),
	} {
		call := newCaller(t, simulator.Options{})
		if status, answer := call.post("/v1/messages", body); status != http.StatusBadRequest || !strings.Contains(answer.Get("error.message").Str, "cache_control") {
			t.Errorf("%s: %d %s", what, status, answer)
		}
	}
}

func TestAMarkOfTheRequestIsOneOfItsLastBlock(t *testing.T) {
	call := newCaller(t, simulator.Options{})
	body := func(turn string) string {
		return fmt.Sprintf(`{"model":%q,"max_tokens":9,"cache_control":{"type":"ephemeral"},"messages":[{"role":"user","content":%q}%s]}`, sonnet, words("first", 1500), turn)
	}
	call.wants("new", counts{3, 1503, 0}, body(""))
	call.wants("grown", counts{3, 8, 1503}, body(`,{"role":"assistant","content":"yes"},{"role":"user","content":"and"}`))
}

// TestCachedTokensCountForNoLimit lets a prompt through again that would be too
// much for the minute.
func TestCachedTokensCountForNoLimit(t *testing.T) {
	call := newCaller(t, simulator.Options{Limits: []simulator.Limit{{Unit: simulator.InputTokens, Amount: 5000, Window: time.Minute}}})
	for i := range 4 {
		if status, answer := call.post("/v1/messages", message(sonnet, textBlock(words("rules", 2400), mark("")), textBlock("a", ""))); status != http.StatusOK {
			t.Fatalf("call %d: %d %s", i+1, status, answer)
		}
	}
}
