package scenario_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/askonce/askonce/upstream/scenario"
)

// passing is a gateway that does nothing to prompts.
func passing(dial scenario.Dial, baseURL string) (http.Handler, func() error, error) {
	target, err := url.Parse(strings.TrimSuffix(baseURL, "/v1"))
	if err != nil {
		return nil, nil, err
	}
	transport := &http.Transport{DialContext: dial}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }}
	return proxy, func() error { transport.CloseIdleConnections(); return nil }, nil
}

var prices = map[scenario.Dialect]scenario.Price{
	scenario.OpenAI:    {Model: "m", Input: 2, Cached: 0.5},
	scenario.Anthropic: {Model: "n", Input: 3, Cached: 0.3, Write: 3.75, WriteHourly: 6},
}

// TestPrefixTellsWhatTheGatewayDid plays the prompts through a gateway that leaves
// them alone: nothing is gained, and that is told.
func TestPrefixTellsWhatTheGatewayDid(t *testing.T) {
	r, err := scenario.SimulatePrefix(prices, passing)
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range r.Workloads {
		for dialect, f := range map[string]scenario.PrefixFigures{"openai": w.PrefixFigures, "anthropic": w.Anthropic} {
			if f.After != f.Before || f.CostUSD.After != f.CostUSD.Before {
				t.Errorf("%s/%s: %+v: the gateway changed nothing", name, dialect, f)
			}
			if f.Hand < 0.5 || f.Before > 0.2 || f.CostUSD.Hand >= f.CostUSD.Before || f.Calls == 0 {
				t.Errorf("%s/%s: %+v: there is nothing to be gained", name, dialect, f)
			}
		}
	}
	if len(r.Workloads) != 4 || len(r.Broken()) != 8 {
		t.Errorf("%d workloads; broken: %q", len(r.Workloads), r.Broken())
	}
	var table strings.Builder
	if err := r.WriteTable(&table); err != nil || !strings.Contains(table.String(), "FAIL  template/anthropic") {
		t.Errorf("%v\n%s", err, table.String())
	}
	doc, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Workloads map[string]struct {
			Before, After, Hand *float64
			CostUSD             map[string]float64 `json:"cost_usd"`
		}
		CostUSD map[string]any `json:"cost_usd"`
	}
	if err := json.Unmarshal(doc, &got); err != nil {
		t.Fatal(err)
	}
	if w := got.Workloads["rag"]; w.Before == nil || w.After == nil || w.Hand == nil || w.CostUSD["hand"] == 0 || got.CostUSD["before"] == nil {
		t.Errorf("figures are missing: %s", doc)
	}
}

func TestPrefixTellsOfAGatewayThatFails(t *testing.T) {
	broken := errors.New("no room")
	_, err := scenario.SimulatePrefix(prices, func(scenario.Dial, string) (http.Handler, func() error, error) { return nil, nil, broken })
	if !errors.Is(err, broken) {
		t.Errorf("the gateway's error became %v", err)
	}
	refusing := func(scenario.Dial, string) (http.Handler, func() error, error) {
		return http.NotFoundHandler(), func() error { return nil }, nil
	}
	if _, err := scenario.SimulatePrefix(prices, refusing); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a gateway that refuses all: %v", err)
	}
}
