package api_test

import (
	"mime"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/askonce/askonce/api"
)

// document is /openapi.yaml as the running service gives it. The schemas of
// OpenAPI 3.1 are JSON Schema 2020-12, so an independent implementation of
// that can judge both directions.
type document struct {
	t        *testing.T
	root     map[string]any
	compiler *jsonschema.Compiler
}

const documentURL = "file:///openapi.yaml"

func readDocument(t *testing.T, w *world) *document {
	t.Helper()
	var root map[string]any
	must(t, yaml.Unmarshal([]byte(w.send("GET", "/openapi.yaml", "").wants(t, 200).body), &root))
	doc := jsonOf(t, root).(map[string]any)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	must(t, compiler.AddResource(documentURL, doc))
	return &document{t, doc, compiler}
}

// jsonOf turns what the YAML reader made into what JSON would be.
func jsonOf(t *testing.T, v any) any {
	t.Helper()
	raw, err := yaml.MarshalWithOptions(v, yaml.JSON())
	must(t, err)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	must(t, err)
	return doc
}

// at follows a JSON pointer, and the references on its way. It returns where
// it ended, "" if there is nothing.
func (d *document) at(pointer string) string {
	var node any = d.root
	at := ""
	for _, token := range strings.Split(pointer, "/")[1:] {
		for {
			object, _ := node.(map[string]any)
			ref, ok := object["$ref"].(string)
			if !ok {
				break
			}
			at = strings.TrimPrefix(ref, "#")
			node = d.node(at)
		}
		object, _ := node.(map[string]any)
		next, ok := object[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
		if !ok {
			return ""
		}
		node, at = next, at+"/"+token
	}
	return at
}

func (d *document) node(pointer string) any {
	var node any = d.root
	for _, token := range strings.Split(pointer, "/")[1:] {
		node = node.(map[string]any)[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
	}
	return node
}

// accepts reports whether the schema at pointer accepts a body.
func (d *document) accepts(pointer, body string) error {
	schema, err := d.compiler.Compile(documentURL + "#" + pointer)
	must(d.t, err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

func escaped(path string) string { return strings.ReplaceAll(path, "/", "~1") }

// checkAnswer fails the test unless the document describes the answer.
func (d *document) checkAnswer(t *testing.T, operation string, got reply) {
	t.Helper()
	answer := d.at(operation + "/responses/" + strconv.Itoa(got.status))
	if answer == "" {
		answer = d.at(operation + "/responses/default")
	}
	if answer == "" {
		t.Fatalf("status %d is not in the document", got.status)
	}
	if got.body == "" {
		return
	}
	media, _, err := mime.ParseMediaType(got.header.Get("Content-Type"))
	must(t, err)
	schema := d.at(answer + "/content/" + escaped(media) + "/schema")
	if schema == "" {
		t.Fatalf("%s with status %d is not in the document", media, got.status)
	}
	if strings.HasSuffix(media, "json") {
		if err := d.accepts(schema, got.body); err != nil {
			t.Errorf("the answer %s is not as the document says: %v", got.body, err)
		}
	}
}

func TestTheDocumentDescribesTheService(t *testing.T) {
	w := newWorld(t, plan{})
	d := readDocument(t, w)
	id := w.post("/v1/cache/store", `{"prompt":"one two three four","response":{"a":1},"ttl":60,"tags":["t"]}`).wants(t, 201).decode(t)["id"].(string)
	ask := question("x")
	for _, test := range []struct {
		name, path, body string
		status           int
		forbidden        bool // by the document, as by the service
	}{
		{name: "exact", path: "/v1/cache/lookup", body: `{"prompt":"one two three four"}`, status: 200},
		{name: "semantic", path: "/v1/cache/lookup", body: `{"prompt":"four three two one"}`, status: 200},
		{name: "near miss", path: "/v1/cache/lookup", body: `{"prompt":"four three two five","threshold":0.1}`, status: 200},
		{name: "of a request", path: "/v1/cache/lookup", body: `{"request":` + ask + `,"namespace":"n","tags":["a"]}`, status: 200},
		{name: "unknown member", path: "/v1/cache/lookup", body: `{"prompt":"x","nope":1}`, status: 400, forbidden: true},
		{name: "bad shapes", path: "/v1/cache/lookup", body: `{"prompt":"x","namespace":"a b","threshold":7}`, status: 400, forbidden: true},
		{name: "prompt and request", path: "/v1/cache/lookup", body: `{"prompt":"x","request":{}}`, status: 400, forbidden: true},
		{name: "several", path: "/v1/cache/lookup/batch", body: `{"items":[{"prompt":"one two three four"},{"prompt":"zzz"},{"request":{"messages":1}}]}`, status: 200},
		{name: "none", path: "/v1/cache/lookup/batch", body: `{"items":[]}`, status: 400, forbidden: true},
		{name: "a prompt", path: "/v1/cache/store", body: `{"prompt":"p","response":"r"}`, status: 201},
		{name: "a request", path: "/v1/cache/store", body: `{"request":` + ask + `,"response":"r"}`, status: 201},
		{name: "bad ttl", path: "/v1/cache/store", body: `{"prompt":"p","response":"r","ttl":0}`, status: 400, forbidden: true},
		{name: "several", path: "/v1/cache/store/batch", body: `{"items":[{"prompt":"p","response":"r"},{"request":{"messages":1},"response":"r"}]}`, status: 200},
		{name: "dry run", path: "/v1/cache/invalidate", body: `{"tags":["t"],"dry_run":true}`, status: 200},
		{name: "nothing said", path: "/v1/cache/invalidate", body: `{}`, status: 400},
		{name: "an answer", path: "/v1/chat/completions", body: ask, status: 200},
		{name: "a stream", path: "/v1/chat/completions", body: question("x", `,"stream":true`), status: 200},
		{name: "an answer", path: "/v1/responses", body: `{"model":"m","input":"x"}`, status: 200},
		{name: "a stream", path: "/v1/responses", body: `{"model":"m","input":"x","stream":true}`, status: 200},
		{name: "an answer", path: "/v1/messages", body: message("x"), status: 200},
		{name: "a stream", path: "/v1/messages", body: message("x", `,"stream":true`), status: 200},
		{name: "refused", path: "/v1/messages", body: `{"model":"m"}`, status: 400, forbidden: true},
		{name: "of a message", path: "/v1/cache/lookup", body: `{"request":` + message("x") + `,"endpoint":"messages"}`, status: 200},
		{name: "of nothing known", path: "/v1/cache/lookup", body: `{"request":{},"endpoint":"images"}`, status: 400, forbidden: true},
		{name: "refused", path: "/v1/chat/completions", body: `{"model":1}`, status: 400, forbidden: true},
		{name: "an answer", path: "/v1/completions", body: `{"model":"m","prompt":"p"}`, status: 200},
		{name: "an answer", path: "/v1/embeddings", body: inputs(`["a","b"]`), status: 200},
	} {
		t.Run(test.path+" "+test.name, func(t *testing.T) {
			operation := "/paths/" + escaped(test.path) + "/post"
			err := d.accepts(d.at(operation+"/requestBody/content/application~1json/schema"), test.body)
			if (err != nil) != test.forbidden {
				t.Errorf("the document says of the request: %v", err)
			}
			d.checkAnswer(t, operation, w.post(test.path, test.body).wants(t, test.status))
		})
	}
	for _, test := range []struct {
		method, template, path, body string
		headers                      []string
		status                       int
	}{
		{"GET", "/v1/cache/entries/{id}", "/v1/cache/entries/" + id, "", nil, 200},
		{"GET", "/v1/cache/entries/{id}", "/v1/cache/entries/" + strings.Repeat("0", 64), "", nil, 404},
		{"GET", "/v1/cache/entries/{id}", "/v1/cache/entries/nope", "", nil, 400},
		{"DELETE", "/v1/cache/entries/{id}", "/v1/cache/entries/" + id, "", nil, 204},
		{"POST", "/v1/cache/lookup", "/v1/cache/lookup", "a=b", []string{"Content-Type", "text/plain"}, 415},
		{"POST", "/v1/cache/lookup", "/v1/cache/lookup", "{}", []string{"Authorization", "Bearer ask_x"}, 401},
		{"POST", "/v1/chat/completions", "/v1/chat/completions", question("y"), []string{"Cache-Control", "only-if-cached"}, 504},
		{"POST", "/v1/chat/completions", "/v1/chat/completions", ask, []string{"Askonce-Mode", "fuzzy"}, 400},
		{"GET", "/v1/models", "/v1/models", "", nil, 200},
		{"GET", "/v1/models/{id}", "/v1/models/gpt-4o", "", nil, 200},
		{"GET", "/healthz", "/healthz", "", nil, 200},
		{"GET", "/readyz", "/readyz", "", nil, 200},
		{"GET", "/metrics", "/metrics", "", nil, 200},
		{"GET", "/openapi.yaml", "/openapi.yaml", "", nil, 200},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			got := w.send(test.method, test.path, test.body, test.headers...).wants(t, test.status)
			d.checkAnswer(t, "/paths/"+escaped(test.template)+"/"+strings.ToLower(test.method), got)
		})
	}
}

// TestEveryRouteIsDocumented keeps routes from being added in silence.
func TestEveryRouteIsDocumented(t *testing.T) {
	w := newWorld(t, plan{})
	d := readDocument(t, w)
	for _, rt := range api.Routes(w.server) {
		method, path, _ := strings.Cut(rt, " ")
		if path != "/" && d.at("/paths/"+escaped(path)+"/"+strings.ToLower(method)) == "" {
			t.Errorf("%s is not in the document", rt)
		}
	}
	for pointer, value := range d.references() {
		if d.node(strings.TrimPrefix(value, "#")) == nil {
			t.Errorf("%s refers to %s, which is not there", pointer, value)
		}
	}
}

// references are all $ref of the document, by where they stand.
func (d *document) references() map[string]string {
	found := make(map[string]string)
	var walk func(at string, node any)
	walk = func(at string, node any) {
		switch node := node.(type) {
		case map[string]any:
			for name, below := range node {
				if ref, ok := below.(string); ok && name == "$ref" {
					found[at] = ref
				}
				walk(at+"/"+escaped(name), below)
			}
		case []any:
			for i, below := range node {
				walk(at+"/"+strconv.Itoa(i), below)
			}
		}
	}
	walk("", d.root)
	return found
}
