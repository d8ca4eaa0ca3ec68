// The bare echo v4 handler: the baseline of exact hits, and the provider that
// takes no time. It runs in a process of its own, started as `bench echo ADDR`.

package main

import (
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

// serveEcho serves until the process is asked to end.
func serveEcho(addr string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server := &http.Server{Addr: addr, Handler: bareHandler(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// bareHandler reads the request's body and writes the answer: nothing that a
// cache could leave out as well.
func bareHandler() http.Handler {
	answer := answerBody()
	length := []string{strconv.Itoa(len(answer))}
	e := echo.New()
	e.POST("/v1/chat/completions", func(c echo.Context) error {
		body := make([]byte, c.Request().ContentLength)
		if _, err := io.ReadFull(c.Request().Body, body); err != nil {
			return err
		}
		c.Response().Header()["Content-Length"] = length
		return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, answer)
	})
	e.GET("/healthz", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	return e
}
