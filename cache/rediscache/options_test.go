package rediscache

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestURLForms(t *testing.T) {
	for _, c := range []struct {
		url  string
		want target
	}{
		{"redis://localhost", target{mode: modeSingle, network: "tcp", addrs: []string{"localhost:6379"}}},
		{"redis://u:p%40ss@h:7000/3", target{mode: modeSingle, network: "tcp", addrs: []string{"h:7000"}, username: "u", password: "p@ss", db: 3}},
		{"redis://:p@[::1]:7000", target{mode: modeSingle, network: "tcp", addrs: []string{"[::1]:7000"}, password: "p"}},
		{"redis://[::1]?db=2", target{mode: modeSingle, network: "tcp", addrs: []string{"[::1]:6379"}, db: 2}},
		{"rediss://h", target{mode: modeSingle, network: "tcp", addrs: []string{"h:6379"}, tls: &tls.Config{}}},
		{"unix:///run/redis.sock?db=1", target{mode: modeSingle, network: "unix", addrs: []string{"/run/redis.sock"}, db: 1}},
		{"unix://u:p@/run/redis.sock", target{mode: modeSingle, network: "unix", addrs: []string{"/run/redis.sock"}, username: "u", password: "p"}},
		{"redis-sentinel://u:p@a:1,b/main?db=4", target{mode: modeSentinel, network: "tcp", addrs: []string{"a:1", "b:26379"}, master: "main", username: "u", password: "p", db: 4}},
		{"redis-cluster://a:1,b,[::1]:2", target{mode: modeCluster, network: "tcp", addrs: []string{"a:1", "b:6379", "[::1]:2"}}},
		{"rediss-cluster://a", target{mode: modeCluster, network: "tcp", addrs: []string{"a:6379"}, tls: &tls.Config{}}},
	} {
		got, problems := parseURL(c.url)
		if problems != nil {
			t.Errorf("%s: %v", c.url, problems)
		}
		same := got.mode == c.want.mode && got.network == c.want.network && slices.Equal(got.addrs, c.want.addrs) &&
			got.master == c.want.master && got.username == c.want.username && got.password == c.want.password &&
			got.db == c.want.db && (got.tls != nil) == (c.want.tls != nil)
		if !same {
			t.Errorf("%s is %+v, want %+v", c.url, got, c.want)
		}
	}
}

func TestWrongURLs(t *testing.T) {
	for url, want := range map[string]string{
		"":                               "URL is empty",
		"localhost:6379":                 "unknown scheme",
		"http://secret@localhost":        "unknown scheme",
		"redis://u:se%cret@h":            "percent-encode",
		"redis://u:secret@":              "no host",
		"redis://u:secret@h:port":        "give host:port",
		"redis://u:secret@h:0":           "give host:port",
		"redis://u:secret@h:1:2":         "give host:port",
		"redis://u:secret@a,b":           "several hosts",
		"redis://u:secret@h/one":         "database",
		"redis://u:secret@h/-1":          "database",
		"redis://u:secret@h/1?db=1":      "twice",
		"redis://u:secret@h?pool=3":      `"pool"`,
		"redis-sentinel://u:secret@h":    "no master",
		"redis-cluster://u:secret@h/1":   "only database 0",
		"redis-cluster://u:secret@a,,b":  "no host",
		"unix://":                        "no socket",
		"unix://u:secret@host/a/socket":  "no socket",
		"redis-something://u:secret@h/1": "unknown scheme",
	} {
		_, problems := parseURL(url)
		err := errors.Join(problems...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want a problem about %q", url, err, want)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is in the error: %v", url, err)
		}
	}
}

func TestOptionsReportEveryProblem(t *testing.T) {
	_, err := Open(context.Background(), Options{
		URL: "redis://u:secret@h", Username: "u", Password: "other-secret", SentinelPassword: "third-secret",
		Prefix: "a{b}", PoolSize: -1, DialTimeout: -1, ReadTimeout: -time.Second, WriteTimeout: -1, SweepEvery: -1,
	})
	if err == nil {
		t.Fatal("Open with wrong options: no error")
	}
	for _, key := range []string{"Username", "Password", "SentinelPassword", "Prefix", "PoolSize", "DialTimeout", "ReadTimeout", "WriteTimeout", "SweepEvery"} {
		if !strings.Contains(err.Error(), key+" ") {
			t.Errorf("nothing about %s in: %v", key, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("a password is in the error: %v", err)
	}
}

func TestJudgeServer(t *testing.T) {
	for _, c := range []struct {
		want                 mode
		version, found, role string
		err                  error
	}{
		{modeSingle, "7.0.15", "standalone", "master", nil},
		{modeSingle, "6.2.0", "standalone", "master", nil},
		{modeSingle, "8.1.0", "", "", nil},
		{modeSingle, "6.0.20", "standalone", "master", ErrWrongServer},
		{modeSingle, "5.0.1", "standalone", "master", ErrWrongServer},
		{modeSingle, "7.0.15", "standalone", "replica", ErrReadOnly},
		{modeSingle, "7.0.15", "sentinel", "", ErrWrongServer},
		{modeSingle, "7.0.15", "cluster", "master", ErrWrongServer},
		{modeSentinel, "7.0.15", "sentinel", "", nil},
		{modeSentinel, "7.0.15", "standalone", "master", nil},
		{modeSentinel, "7.0.15", "standalone", "replica", ErrReadOnly},
		{modeCluster, "7.0.15", "cluster", "replica", nil},
		{modeCluster, "7.0.15", "standalone", "master", ErrWrongServer},
	} {
		if err := judgeServer(c.want, c.version, c.found, c.role); !errors.Is(err, c.err) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, url := range []string{"redis://u:p@h:1/2", "redis-sentinel://a:1,b:2/m?db=1", "unix:///s", "redis://[::1", "rediss-cluster://a,b"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		to, problems := parseURL(url)
		if len(problems) == 0 && (len(to.addrs) == 0 || to.db < 0 || to.mode == modeSentinel && to.master == "") {
			t.Errorf("%q is taken as %+v", url, to)
		}
	})
}
