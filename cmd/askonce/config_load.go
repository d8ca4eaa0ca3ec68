// Putting the configuration together: defaults, file, environment, flags.

package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/guard"
)

// ConfigFlags are the flags of every subcommand that needs a configuration.
type ConfigFlags struct {
	Config   string `help:"Configuration file (or ASKONCE_CONFIG). Without one the defaults hold." placeholder:"FILE" short:"c"`
	Listen   string `help:"Address to serve on; port 0 takes a free one. Default 127.0.0.1:8080." placeholder:"HOST:PORT"`
	Data     string `help:"Folder that holds all state. Default ~/.local/share/askonce." placeholder:"DIR"`
	Upstream string `help:"The provider's base URL, with its version. Default https://api.openai.com/v1." placeholder:"URL"`
	Redis    string `help:"Keep answers on Redis: redis://HOST:6379, or see redis.url in askonce.example.yaml." placeholder:"URL"`
	Qdrant   string `help:"Keep vectors on Qdrant: host and gRPC port." placeholder:"HOST:6334"`
	Insecure bool   `help:"Listen beyond loopback although no keys are configured."`
}

// loaded is a configuration and where it came from.
type loaded struct {
	Config
	file     string // "" if there was none
	origins  origins
	warnings []string
}

// load puts the configuration together. The error lists everything that is
// wrong; the configuration is usable only without one.
func load(flags ConfigFlags, environ []string) (*loaded, error) {
	getenv := lookup(environ)
	l := &loaded{Config: defaultConfig(getenv), origins: make(origins), file: flags.Config}
	if l.file == "" {
		l.file = getenv(envConfig)
	}
	var ps problems
	if l.file != "" {
		doc, err := os.ReadFile(l.file)
		if err != nil {
			return l, problems{{where: origin{name: l.file}, text: "cannot be read: " + reason(err)}}
		}
		ps = readFile(&l.Config, l.file, doc, l.origins)
	}
	envProblems, warnings := readEnv(&l.Config, environ, l.origins)
	l.warnings = warnings
	l.apply(flags)
	l.fitScore()
	ps = append(ps, envProblems...)
	ps = append(ps, l.readSecrets()...)
	ps = append(ps, l.readDeploymentKeys(getenv)...)
	ps = append(ps, l.validate(ps)...)
	return l, ps.orNil()
}

// fitScore gives what was not set the value that is right for the score that
// was: a threshold on one score means nothing on another.
func (l *loaded) fitScore() {
	if _, ok := l.origins["cache.score"]; !ok && l.Verifier == "off" {
		l.Cache.Score = string(cache.ScoreCosine)
	}
	usual := cache.RulesOf(cache.Score(l.Cache.Score))
	if _, ok := l.origins["cache.threshold"]; !ok {
		l.Cache.Threshold = usual.Threshold
	}
	if _, ok := l.origins["cache.floor"]; !ok {
		l.Cache.Floor = usual.Floor
	}
	if _, ok := l.origins["cache.guards"]; !ok {
		l.Cache.Guards = guardList(usual.Guards)
	}
}

// guardList writes a set as the configuration does.
func guardList(set guard.Set) []string {
	switch set {
	case guard.All:
		return []string{"all"}
	case guard.None:
		return []string{"none"}
	}
	return set.Names()
}

func (l *loaded) apply(flags ConfigFlags) {
	set := func(target *string, value, path, flag string) {
		if value != "" {
			*target = value
			l.origins[path] = origin{name: flag}
		}
	}
	set(&l.Listen, flags.Listen, "listen", "--listen")
	set(&l.Data, flags.Data, "data", "--data")
	set(&l.Upstream.BaseURL, flags.Upstream, "upstream.base_url", "--upstream")
	set((*string)(&l.Redis.URL), flags.Redis, "redis.url", "--redis")
	set(&l.Qdrant.URL, flags.Qdrant, "qdrant.url", "--qdrant")
	if flags.Insecure {
		l.Insecure = true
		l.origins["insecure"] = origin{name: "--insecure"}
	}
}

// readSecrets reads the files that hold credentials.
func (l *loaded) readSecrets() (ps problems) {
	read := func(secret *Secret, path, file string) {
		if file == "" {
			return
		}
		key := path + "_file"
		if *secret != "" {
			ps = append(ps, problem{l.origins.of(key), key, "is set beside " + path + "; keep one of them"})
			return
		}
		text, err := os.ReadFile(file)
		switch *secret = Secret(strings.TrimSpace(string(text))); {
		case err != nil:
			ps = append(ps, problem{l.origins.of(key), key, fmt.Sprintf("%s cannot be read: %s", file, reason(err))})
		case *secret == "":
			ps = append(ps, problem{l.origins.of(key), key, file + " is empty"})
		}
	}
	read(&l.Upstream.APIKey, "upstream.api_key", l.Upstream.APIKeyFile)
	read(&l.Embedder.APIKey, "embedder.api_key", l.Embedder.APIKeyFile)
	read(&l.Redis.Password, "redis.password", l.Redis.PasswordFile)
	read(&l.Redis.SentinelPassword, "redis.sentinel_password", l.Redis.SentinelPasswordFile)
	read(&l.Qdrant.APIKey, "qdrant.api_key", l.Qdrant.APIKeyFile)
	return ps
}

// lookup finds variables in an environment.
func lookup(environ []string) func(string) string {
	return func(name string) string {
		for _, variable := range environ {
			if value, ok := strings.CutPrefix(variable, name+"="); ok {
				return value
			}
		}
		return ""
	}
}
