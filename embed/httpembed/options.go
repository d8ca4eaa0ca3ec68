package httpembed

// The options and their check.

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The kinds of services.
const (
	KindOpenAI = "openai"
	KindTEI    = "tei"
	KindOllama = "ollama"
)

// Options configures an [Embedder]. Kind, BaseURL, Model and Dimensions are
// required.
type Options struct {
	// Kind is the API that the service speaks: "openai", "tei" or "ollama".
	Kind string
	// BaseURL is where the API starts: https://api.openai.com/v1 (with the
	// version), http://tei:8080, http://localhost:11434.
	BaseURL string
	// Model is the model to ask for. A TEI server has only one: name it here
	// all the same, it is part of the identity.
	Model string
	// Revision tells apart versions of a model under one name. It is part of
	// the identity and not sent. Default: none.
	Revision string
	// Dimensions is how many components the model's vectors have.
	Dimensions int
	// Shorten asks the service to cut vectors to Dimensions, for models that
	// can be (text-embedding-3 and other Matryoshka models).
	Shorten bool
	// APIKey is sent as a bearer token. Default: none is sent.
	APIKey string
	// Timeout bounds each request; a context may end it sooner. Default: 10 s.
	Timeout time.Duration
	// BatchSize is the most texts in one request. Default: 32, which is what a
	// TEI server allows unless told otherwise.
	BatchSize int
	// Transport sends the requests. Default: a connection pool of its own with
	// the settings of http.DefaultTransport.
	Transport http.RoundTripper
}

func (o *Options) validate() error {
	var problems []error
	complain := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !slices.Contains([]string{KindOpenAI, KindTEI, KindOllama}, o.Kind) {
		complain("Kind is %q: give openai, tei or ollama", o.Kind)
	}
	if problem := checkURL(o.BaseURL); problem != "" {
		complain("BaseURL %s", problem)
	}
	if o.Model == "" {
		complain("Model is missing: name the model, it tells vectors apart")
	}
	if o.Dimensions <= 0 || o.Dimensions > maxDimensions {
		complain("Dimensions is %d: give the length of the model's vectors, at most %d", o.Dimensions, maxDimensions)
	}
	if strings.ContainsAny(o.APIKey, "\r\n") {
		complain("APIKey has a line break: give the key alone")
	}
	if o.Timeout < 0 {
		complain("Timeout is %s: give a positive time, or 0 for %s", o.Timeout, defaultTimeout)
	}
	if o.BatchSize < 0 {
		complain("BatchSize is %d: give a positive number, or 0 for %d", o.BatchSize, defaultBatchSize)
	}
	return errors.Join(problems...)
}

const (
	maxDimensions    = 1 << 16
	defaultTimeout   = 10 * time.Second
	defaultBatchSize = 32
)

// checkURL returns what is wrong with a base URL, without repeating it: it may
// hold a password.
func checkURL(base string) string {
	u, err := url.Parse(base)
	switch {
	case base == "":
		return "is missing: give the URL at which the API starts"
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "is not an http or https URL with a host"
	case u.User != nil:
		return "holds a user or password: give an APIKey instead"
	case u.RawQuery != "" || u.Fragment != "":
		return "holds a query or fragment: give the path only"
	}
	return ""
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.BatchSize == 0 {
		o.BatchSize = defaultBatchSize
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	return o
}
