// The baselines, each a server in a process of its own: the bare echo v4
// handler, which is the provider that takes no time as well, and a bare proxy
// in front of it.

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/labstack/echo/v4"
)

// Roles of the program as a baseline, its first argument; address and, for the
// proxy, the provider's address follow.
const (
	echoRole  = "echo"
	proxyRole = "proxy"
)

// role returns what the program is to be instead of the bench.
func role(args []string) (serve func() error, ok bool) {
	switch {
	case len(args) == 2 && args[0] == echoRole:
		return func() error { return serveBaseline(args[1], bareHandler()) }, true
	case len(args) == 3 && args[0] == proxyRole:
		return func() error { return serveBaseline(args[1], bareProxy("http://"+args[2])) }, true
	}
	return nil, false
}

// serveBaseline serves until the process is asked to end.
func serveBaseline(addr string, handle echo.HandlerFunc) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	e := echo.New()
	e.POST("/v1/chat/completions", handle)
	e.GET("/healthz", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	server := &http.Server{Addr: addr, Handler: e, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// bareHandler reads the request's body and writes the answer: nothing that a
// cache could leave out as well.
func bareHandler() echo.HandlerFunc {
	answer := answerBody()
	length := []string{strconv.Itoa(len(answer))}
	return func(c echo.Context) error {
		if _, err := body(c); err != nil {
			return err
		}
		c.Response().Header()["Content-Length"] = length
		return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, answer)
	}
}

// bareProxy asks the provider with net/http and passes the answer on: what a
// miss costs before a cache does anything.
func bareProxy(provider string) echo.HandlerFunc {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	return func(c echo.Context) error {
		asked, err := body(c)
		if err != nil {
			return err
		}
		in := c.Request()
		out, err := http.NewRequestWithContext(in.Context(), in.Method, provider+in.URL.Path, bytes.NewReader(asked))
		if err != nil {
			return err
		}
		for _, name := range []string{"Authorization", "Content-Type", "Accept", "User-Agent"} {
			out.Header[name] = in.Header[name]
		}
		answer, err := client.Do(out)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		c.Response().Header()["Content-Length"] = answer.Header["Content-Length"]
		return c.Stream(answer.StatusCode, answer.Header.Get("Content-Type"), answer.Body)
	}
}

func body(c echo.Context) ([]byte, error) {
	raw := make([]byte, c.Request().ContentLength)
	_, err := io.ReadFull(c.Request().Body, raw)
	return raw, err
}
