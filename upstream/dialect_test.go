package upstream

import (
	"testing"

	"github.com/tidwall/gjson"
)

// The model's name is changed, and nothing else.
func FuzzNamed(f *testing.F) {
	f.Add([]byte(`{"model":"gpt-4o","messages":[{"content":"model"}]}`))
	f.Add([]byte(` { "messages" : [] , "model" : "a\"b" } `))
	f.Add([]byte(`{"model":7}`))
	f.Add([]byte(`not JSON`))
	d := &deployment{Deployment: Deployment{Model: "there"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		out := d.named(body)
		if !gjson.ValidBytes(body) {
			return
		}
		before := gjson.GetBytes(body, "model")
		if before.Type != gjson.String || !gjson.ParseBytes(body).IsObject() {
			if string(out) != string(body) {
				t.Fatalf("%q became %q", body, out)
			}
			return
		}
		if !gjson.ValidBytes(out) || gjson.GetBytes(out, "model").Str != "there" {
			t.Fatalf("%q became %q", body, out)
		}
		if at := before.Index; string(out[:at])+before.Raw+string(out[at+len(`"there"`):]) != string(body) && before.Str != "there" {
			t.Fatalf("%q became %q", body, out)
		}
	})
}
