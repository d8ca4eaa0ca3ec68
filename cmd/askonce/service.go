// A running service, asked by the commands that show what it knows.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	servicePatience = 5 * time.Second
	serviceMax      = 64 << 20 // bytes of the longest answer
)

// askService gets what a path of the service answers to who holds key.
func askService(ctx context.Context, url, key string) ([]byte, error) {
	return tellService(ctx, servicePatience, http.MethodGet, url, key, nil)
}

// tellService sends the service a JSON body, nil for none, and returns its answer.
func tellService(ctx context.Context, patience time.Duration, method, url, key string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Askonce-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%s did not answer within %s", url, formatDuration(patience))
	case err != nil:
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, serviceMax))
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusUnauthorized:
		return nil, errors.New("the service wants an askonce key: give --key or ASKONCE_KEY")
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s answered %s%s", url, resp.Status, explained(raw))
	}
	return raw, nil
}

// explained is what a problem document (RFC 9457) says, behind a colon.
func explained(raw []byte) string {
	var problem struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(raw, &problem) != nil || problem.Detail == "" {
		return ""
	}
	return ": " + problem.Detail
}

// serviceURL is where a command finds the service.
func serviceURL(given, config string, environ []string) (string, error) {
	if given != "" {
		if err := checkURL(given, "http://127.0.0.1:8080"); err != nil {
			return "", fmt.Errorf("--url: %w", err)
		}
		return strings.TrimRight(given, "/"), nil
	}
	// What else may be wrong with the configuration is not asked here.
	l, _ := load(ConfigFlags{Config: config}, environ)
	return localURL(l.Listen)
}
