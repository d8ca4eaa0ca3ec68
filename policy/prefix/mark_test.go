package prefix_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"github.com/askonce/askonce/policy/prefix"
)

var long = strings.Repeat("Parcels are sent within two days of the order. ", 120) // some 1,400 tokens

func anthropic(t *testing.T, system any, turns ...any) []byte {
	t.Helper()
	raw, err := json.Marshal(object{"model": "claude-sonnet-4-5", "max_tokens": 9, "system": system, "messages": turns})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func user(content any) any      { return object{"role": "user", "content": content} }
func assistant(text string) any { return object{"role": "assistant", "content": text} }

// marksOf are the places of the marks in a body.
func marksOf(t *testing.T, body []byte) []string {
	t.Helper()
	var list []string
	var walk func(place string, v any)
	walk = func(place string, v any) {
		switch v := v.(type) {
		case []any:
			for i, e := range v {
				walk(place+"/"+string(rune('0'+i)), e)
			}
		case object:
			if v["cache_control"] != nil {
				list = append(list, place)
			}
			for _, name := range []string{"tools", "system", "messages", "content"} {
				walk(place+"/"+name, v[name])
			}
		}
	}
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		t.Fatal(err)
	}
	walk("", o)
	return list
}

func TestMarksStandBeforeWhatChanges(t *testing.T) {
	ordered := long + "\n\n" + prefix.Label + "\nCurrent time: 10:35:22"
	documents := "<documents>\n" + long + "\n</documents>\n\nHow long?"
	tests := []struct {
		name string
		body []byte
		want string
	}{
		{"system text", anthropic(t, long, user("hi")), "/system/0"},
		{"system text up to the label", anthropic(t, ordered, user("hi")), "/system/0"},
		{"documents are likely enough", anthropic(t, "Be brief.", user(documents)), "/messages/0/content/0"},
		{"a conversation that goes on", anthropic(t, "Be brief.", user(long), assistant("yes"), user("more")), "/messages/0/content/0 /messages/2/content/0"},
		{"one question alone is not", anthropic(t, "Be brief.", user(long)), ""},
		{"too short", anthropic(t, "Be brief.", user("hi"), assistant("yes"), user("more")), ""},
		{"the caller's own", anthropic(t, []any{object{"type": "text", "text": "x", "cache_control": object{"type": "ephemeral"}}}, user(documents)), "/system/0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := prefix.Mark(test.body, prefix.MarkOptions{Now: time.Unix(0, 0)})
			if got := strings.Join(marksOf(t, result.Body), " "); got != test.want {
				t.Errorf("marks at %q, want %q (held: %s, %+v)", got, test.want, result.Held, result.Breakpoints)
			}
			if strings.Contains(test.name, "label") && strings.Contains(string(result.Body), long[:20]+prefix.Label) {
				t.Error("the label is in the marked block")
			}
		})
	}
}

func TestWhatNeverComesAgainIsNotMarked(t *testing.T) {
	repeats := prefix.NewRepeats()
	now := time.Unix(0, 0)
	mark := func(text string) string {
		now = now.Add(time.Second)
		r := prefix.Mark(anthropic(t, text, user("hi at "+now.String())), prefix.MarkOptions{Repeats: repeats, Key: "k", Now: now})
		return strings.Join(marksOf(t, r.Body), " ")
	}
	for i := range 30 {
		mark(strings.Repeat(string(rune('a'+i)), 8000))
	}
	if got := mark("new again" + long); got != "" {
		t.Errorf("marked at %q although no prefix has ever come again", got)
	}
	for range 30 {
		mark(long)
	}
	if got := mark(long); got != "/system/0" {
		t.Errorf("marked at %q although the same came thirty times", got)
	}
}

func TestAnHourWhereRequestsAreRare(t *testing.T) {
	repeats := prefix.NewRepeats()
	now := time.Unix(0, 0)
	var body []byte
	for range 40 {
		now = now.Add(20 * time.Minute)
		body = prefix.Mark(anthropic(t, long, user("hi")), prefix.MarkOptions{Repeats: repeats, Key: "k", Now: now}).Body
	}
	if !strings.Contains(string(body), `"ttl":"1h"`) {
		t.Error("requests 20 minutes apart are not kept for an hour")
	}
}

func TestMarkKeepsThePrompt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := requests().Draw(t, "body")
		result := prefix.Mark(body, prefix.MarkOptions{Now: time.Unix(0, 0), Tokens: func(s string) int { return 100 * len(s) }})
		if result.Held == "check_failed" {
			t.Fatal("the marked body was not the same prompt")
		}
		if x, y := textsOf(t, body), textsOf(t, result.Body); !slices.Equal(x, y) {
			t.Fatalf("other words:\n%q\n%q", x, y)
		}
		if n := strings.Count(string(result.Body), `"cache_control"`); !strings.Contains(string(body), "cache_control") && n > 4 {
			t.Fatalf("%d marks, 4 are allowed", n)
		}
	})
}

// textsOf are the words of a body, but for those that blocks and marks are made
// of.
func textsOf(t *rapid.T, body []byte) []string {
	return slices.DeleteFunc(wordsOf(decode(t, body)), func(word string) bool { return word == "text" || word == "ephemeral" || word == "1h" })
}

func TestCacheKeyNamesThePrefix(t *testing.T) {
	body := func(system, question string) []byte {
		raw, _ := json.Marshal(object{"model": "gpt-4o", "messages": []any{object{"role": "system", "content": system}, user(question)}})
		return raw
	}
	key := func(b []byte, owner string) string {
		var o object
		if err := json.Unmarshal(prefix.CacheKey(b, owner), &o); err != nil {
			t.Fatal(err)
		}
		s, _ := o["prompt_cache_key"].(string)
		return s
	}
	one := key(body("Be brief.\n\n"+prefix.Label+"\nNow: 1", "a?"), "t/n")
	if one == "" || one != key(body("Be brief.\n\n"+prefix.Label+"\nNow: 2", "b?"), "t/n") {
		t.Error("requests that share their instructions have different keys")
	}
	if one == key(body("Be long.", "a?"), "t/n") || one == key(body("Be brief.", "a?"), "u/n") {
		t.Error("other instructions or another owner have the same key")
	}
	own := []byte(`{"model":"m","prompt_cache_key":"mine","messages":[]}`)
	if string(prefix.CacheKey(own, "t")) != string(own) {
		t.Error("a key of the caller's was changed")
	}
}

// TestAConversationFindsItsPast holds that what a request marks is what the next
// one of the conversation has: its last turn comes again.
func TestAConversationFindsItsPast(t *testing.T) {
	repeats := prefix.NewRepeats()
	now := time.Unix(0, 0)
	mark := func(turns ...any) prefix.Marked {
		now = now.Add(10 * time.Second)
		return prefix.Mark(anthropic(t, "Be brief.", turns...), prefix.MarkOptions{Repeats: repeats, Key: "k", Now: now})
	}
	for i := range 20 { // conversations of four turns
		turns := []any{user(long + string(rune('a'+i)))}
		for range 3 {
			mark(turns...)
			turns = append(turns, assistant("yes"), user("and then, after "+now.String()+"?"))
		}
		last := mark(turns...)
		if got := strings.Join(marksOf(t, last.Body), " "); got != "/messages/4/content/0 /messages/6/content/0" {
			t.Fatalf("conversation %d: marked at %q: %+v", i+1, got, last.Breakpoints)
		}
	}
}

// TestWhatTurnsShareIsMarked has one turn of a template with its variables at the
// end: what was seen before is marked, down to its last paragraph.
func TestWhatTurnsShareIsMarked(t *testing.T) {
	repeats := prefix.NewRepeats()
	for i := range 3 {
		text := "Rules:\n" + long + "\n\nMore of them.\n\nTicket " + string(rune('a'+i)) + ":\nit is late."
		result := prefix.Mark(anthropic(t, "Be brief.", user(text)), prefix.MarkOptions{Repeats: repeats, Key: "k", Now: time.Unix(int64(i), 0)})
		want := map[bool]string{true: "/messages/0/content/0"}[i > 0]
		if got := strings.Join(marksOf(t, result.Body), " "); got != want {
			t.Errorf("request %d: marked at %q, want %q: %+v", i+1, got, want, result.Breakpoints)
		}
		if i > 0 && !strings.Contains(string(result.Body), `More of them.\n\n","cache_control"`) {
			t.Errorf("request %d: cut elsewhere: %s", i+1, result.Body[len(result.Body)-300:])
		}
	}
}

// TestATurnIsCutOnce has turns of several paragraphs: what a request has sent of
// them, the later ones of the conversation send in the same blocks.
func TestATurnIsCutOnce(t *testing.T) {
	repeats := prefix.NewRepeats()
	now := time.Unix(0, 0)
	for i := range 6 {
		turns := []any{user("Rules:\n" + long + "\n\nTicket " + string(rune('a'+i)) + "\n\nIt is late.\n\nIt is heavy.")}
		var sent []string
		for range 4 {
			now = now.Add(10 * time.Second)
			result := prefix.Mark(anthropic(t, long+"\n\nUser "+string(rune('a'+i)), turns...), prefix.MarkOptions{Repeats: repeats, Key: "k", Now: now})
			body := strings.ReplaceAll(string(result.Body), `,"cache_control":{"type":"ephemeral"}`, "")
			for j, before := range sent {
				if got := gjson.Get(body, before[:strings.IndexByte(before, ' ')]).Raw; before[strings.IndexByte(before, ' ')+1:] != textBlocks(got) {
					t.Fatalf("conversation %d: sent %d was %.300s, now %.300s", i, j, before, got)
				}
			}
			sent = []string{"system " + textBlocks(gjson.Get(body, "system").Raw), "messages.0.content " + textBlocks(gjson.Get(body, "messages.0.content").Raw)}
			turns = append(turns, assistant("yes"), user("and then?\n\nafter "+now.String()))
		}
	}
}

// textBlocks is a content as a list of blocks, also where it is a string.
func textBlocks(raw string) string {
	if strings.HasPrefix(raw, `"`) {
		return `[{"type":"text","text":` + raw + `}]`
	}
	return raw
}

// TestCacheKeyIsOfWhatCanBeCached holds that what differs behind the least length
// of a prefix gives no other key.
func TestCacheKeyIsOfWhatCanBeCached(t *testing.T) {
	key := func(system string) string {
		body, err := json.Marshal(object{"model": "gpt-4.1", "messages": []any{object{"role": "system", "content": system}, user("hi")}})
		if err != nil {
			t.Fatal(err)
		}
		return gjson.GetBytes(prefix.CacheKey(body, "owner"), "prompt_cache_key").Str
	}
	if a, b := key(long+"It is 10:35:22 now, and so on."), key(long+"It is 10:36:01 now, and so on."); a == "" || a != b {
		t.Errorf("%s and %s share more than 1,024 tokens", a, b)
	}
	if key("a "+long) == key("b "+long) {
		t.Error("what differs at the front has the same key")
	}
}
