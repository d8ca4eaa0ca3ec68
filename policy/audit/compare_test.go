package audit

import "testing"

func TestCompare(t *testing.T) {
	const long = "Open the settings, choose security, and press the button to reset your password."
	const near, apart, unknown = 0.96, 0.2, -2
	for _, c := range []struct {
		name          string
		served, fresh string
		similarity    float64
		want          Verdict
	}{
		{"the same", long, long, unknown, Right},
		{"emphasis, case and spaces", "**Open** the  settings:\n- Paris\n- Rome", "open the settings\n* paris\n* rome.", unknown, Right},
		{"signs count", "The answer is `x != 5` here", "The answer is `x = 5` here", 0.7, Undecided},
		{"another class", "positive", "Negative.", unknown, Wrong},
		{"yes and no", "Yes.", "No.", unknown, Wrong},
		{"one short answer in the other", "Paris", "Paris, France", unknown, Undecided},
		{"a short and a long one", "Yes.", long, near, Right},
		{"near", long, "To reset your password, open the settings and then security.", near, Right},
		{"near, with another number", "It takes 3 days until it arrives.", "It takes 5 days until it arrives.", near, Undecided},
		{"near, with a denial", "You can get your money back.", "You can not get your money back.", near, Undecided},
		{"between", long, "There is a way to do that.", 0.6, Undecided},
		{"apart", long, "Bananas grow in bunches on tall plants.", apart, Wrong},
		{"no similarity to be had", long, "Bananas grow in bunches on tall plants.", unknown, Undecided},
		{"nothing said", "", "something", near, Undecided},

		{"JSON in another order", `{"city":"Paris","rank":1}`, `{ "rank": 1, "city": "paris" }`, unknown, Right},
		{"JSON in a fence", `{"city":"Paris"}`, "```json\n{\"city\": \"Paris\"}\n```", unknown, Right},
		{"another value", `{"city":"Paris","rank":1}`, `{"city":"Paris","rank":2}`, unknown, Wrong},
		{"another member", `{"city":"Paris"}`, `{"town":"Paris"}`, unknown, Wrong},
		{"another type", `{"city":"Paris"}`, `{"city":["Paris"]}`, unknown, Wrong},
		{"a list for a number", `{"n":1}`, `{"n":[1]}`, unknown, Wrong},
		{"a shorter list", `["a","b"]`, `["a"]`, unknown, Wrong},
		{"null for null", `{"a":null}`, `{"a":null}`, unknown, Right},
		{"a long text in it", `{"why":"since it rains a lot"}`, `{"why":"as there is much rain here"}`, unknown, Undecided},
		{"a long text and a wrong value", `{"why":"since it rains a lot","n":1}`, `{"why":"as there is much rain here","n":2}`, unknown, Wrong},
		{"JSON and text", `{"a":1}`, long, near, Undecided},
	} {
		similar := func() (float64, bool) { return c.similarity, c.similarity != unknown }
		for _, pair := range [][2]string{{c.served, c.fresh}, {c.fresh, c.served}} {
			if got := Compare(pair[0], pair[1], similar); got != c.want {
				t.Errorf("%s: %q and %q: %s, want %s", c.name, pair[0], pair[1], got, c.want)
			}
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("```json\n{\"a\":[1,null,\"b\"]}\n```", "{\"a\":{}}")
	f.Add("- **Yes.**", "no")
	f.Fuzz(func(t *testing.T, a, b string) {
		similar := func() (float64, bool) { return 0.96, true }
		if x, y := Compare(a, b, similar), Compare(b, a, similar); x != y {
			t.Errorf("%q and %q: %s one way and %s the other", a, b, x, y)
		}
		if v := Compare(a, a, similar); v == Wrong {
			t.Errorf("%q is not what it is", a)
		}
	})
}
