package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/askonce/askonce/bench/load"
)

// serveHere serves a baseline in the test's own process.
func serveHere(t *testing.T, handle echo.HandlerFunc) string {
	t.Helper()
	e := echo.New()
	e.POST("/v1/chat/completions", handle)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestBaselinesAnswerTheWorkload(t *testing.T) {
	provider := serveHere(t, bareHandler())
	proxy := serveHere(t, bareProxy("http://"+provider))
	for name, addr := range map[string]string{"echo": provider, "proxy": proxy} {
		w := workload{addr: addr, serial: new(atomic.Uint64)}
		for kind, requests := range map[string]func(int) load.Source{"same": w.same, "varied": w.varied, "fresh": w.fresh} {
			result, err := load.Run(t.Context(), load.Options{
				Addr: addr, Connections: 2, For: time.Minute, MaxRequests: 20, Requests: requests, Check: answers(fromEcho),
			})
			if err != nil || len(result.Latencies) != 40 {
				t.Errorf("%s, %s requests: %v", name, kind, err)
			}
		}
	}
}

func TestAnswersFromElsewhereFail(t *testing.T) {
	good := string(answerBody())
	for _, test := range []struct {
		from         origin
		status       int
		cacheStatus  string
		body         string
		wantMentions string // "" for a good answer
	}{
		{fromEcho, 200, "", good, ""},
		{fromExact, 200, "askonce; hit; ttl=9; detail=exact", good, ""},
		{fromProvider, 200, "askonce; fwd=uri-miss; detail=no_neighbour", good, ""},
		{fromExact, 200, "askonce; hit; ttl=9; detail=semantic", good, "exact layer"},
		{fromProvider, 200, "askonce; hit; ttl=9; detail=exact", good, "provider"},
		{fromEcho, 200, "askonce; hit; ttl=9; detail=exact", good, "echo"},
		{fromExact, 200, "askonce; hit; ttl=9; detail=exact", good[1:], "not the provider's answer"},
		{fromExact, 429, "askonce; hit; ttl=9; detail=exact", good, "429"},
	} {
		addr := serveHere(t, func(c echo.Context) error {
			if test.cacheStatus != "" {
				c.Response().Header().Set("Cache-Status", test.cacheStatus)
			}
			return c.Blob(test.status, echo.MIMEApplicationJSON, []byte(test.body))
		})
		_, err := load.Run(t.Context(), load.Options{
			Addr: addr, Connections: 1, For: time.Minute, MaxRequests: 1, Check: answers(test.from),
			Requests: workload{addr: addr, serial: new(atomic.Uint64)}.same,
		})
		if (err == nil) != (test.wantMentions == "") || err != nil && !strings.Contains(err.Error(), test.wantMentions) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

func TestProcessIsWatched(t *testing.T) {
	addr, err := freeAddr()
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = startProcess(t.Context(), healthy, "liar", t.TempDir(), addr, "sh", "-c", "echo no such thing; exit 3")
	if err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("a server that ends at once: %v", err)
	}
}

func TestReceiptsMustBeSemantic(t *testing.T) {
	got, err := semanticReceipt(load.Response{
		Status: http.StatusOK, Body: []byte(`{"hit":true,"layer":"semantic","receipt":{"embed_ms":1.5,"search_ms":0.02}}`),
	})
	if err != nil || got.EmbedMS != 1.5 || got.SearchMS != .02 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := semanticReceipt(load.Response{Status: http.StatusOK, Body: []byte(`{"layer":"exact","receipt":{}}`)}); err == nil {
		t.Error("an exact hit was taken for a semantic one")
	}
}
