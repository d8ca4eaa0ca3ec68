package qdrantcache

import (
	"slices"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for _, c := range []struct {
		text      string
		addresses []string
		tls       bool
	}{
		{"localhost", []string{"localhost:6334"}, false},
		{"10.0.0.1:7000", []string{"10.0.0.1:7000"}, false},
		{"http://qdrant:6334/", []string{"qdrant:6334"}, false},
		{"https://x.cloud.qdrant.io", []string{"x.cloud.qdrant.io:6334"}, true},
		{"[::1]:6334", []string{"[::1]:6334"}, false},
		{"a:1, b, c:3", []string{"a:1", "b:6334", "c:3"}, false},
		{"https://a,https://b", []string{"a:6334", "b:6334"}, true},
	} {
		e, err := parseURL(c.text)
		if err != nil || !slices.Equal(e.addresses, c.addresses) || e.tls != c.tls {
			t.Errorf("%s: %v, %v", c.text, e, err)
		}
	}
	for _, bad := range []string{
		"", ",", "a,", "grpc://a", "https://", ":6334", "a:port", "https://user:hush@a", "a:1/path", "https://a?api-key=hush", "https://a,b",
	} {
		if e, err := parseURL(bad); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v, %v: want an error without secrets", bad, e, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("https://user:password@host:6334/path?q#f, [::1]:1")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseURL(text)
		if err != nil {
			return
		}
		for _, address := range e.addresses {
			if again, err := parseURL(address); err != nil || !slices.Equal(again.addresses, []string{address}) {
				t.Errorf("%q gives %q, which gives %v, %v", text, address, again, err)
			}
		}
	})
}

func TestAnAPIKeyInTheClearIsNoticed(t *testing.T) {
	for text, want := range map[string]bool{
		"localhost": false, "127.0.0.1:1": false, "[::1]": false, "https://a": false, "a": true, "10.0.0.1": true, "localhost,b": true,
	} {
		e, err := parseURL(text)
		if err != nil || e.exposed() != want {
			t.Errorf("%s: %v, %v, want %v", text, e.exposed(), err, want)
		}
	}
}

func TestEveryProblemOfTheOptionsIsNamed(t *testing.T) {
	bad := Options{
		URL: "ftp://a", Collection: "a b", Dimensions: -1, Replicas: 2, WriteConsistency: 3, Quantisation: "int4",
		Timeout: -1, PrepareTimeout: -1, OpenWait: -1, SweepEvery: -1,
	}
	text := bad.withDefaults().validate().Error()
	for _, key := range []string{
		"URL", "Identity", "Collection", "Dimensions", "WriteConsistency", "Quantisation", "Timeout", "PrepareTimeout", "OpenWait", "SweepEvery",
	} {
		if !strings.Contains(text, key) {
			t.Errorf("%s is not named in:\n%s", key, text)
		}
	}
	good := Options{URL: "localhost", Identity: "m", Dimensions: 3}
	if err := good.withDefaults().validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	good.Collection = "cache_v2"
	if err := good.withDefaults().validate(); err == nil {
		t.Error("a collection that ends like a version: no error")
	}
}
