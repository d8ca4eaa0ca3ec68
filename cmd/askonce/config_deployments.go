// Deployments and models in the configuration, and what is wrong with them.

package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/askonce/askonce/upstream"
)

// DeploymentConfig is one provider's API with one credential.
type DeploymentConfig struct {
	Provider string `yaml:"provider"` // openai, azure, anthropic, gemini, vllm, ollama
	BaseURL  string `yaml:"base_url"`
	Model    string `yaml:"model"` // its name there; "" passes on what is asked for

	// The credential: a text, a file, or a variable of the environment.
	APIKey     Secret `yaml:"api_key"`
	APIKeyFile string `yaml:"api_key_file"`
	APIKeyEnv  string `yaml:"api_key_env"`

	APIVersion  string `yaml:"api_version"`  // of azure
	CallersKeys bool   `yaml:"callers_keys"` // callers' own credentials may go there

	Limits LimitsConfig `yaml:"limits"`

	Weight           float64       `yaml:"weight"`             // its share; 0 is 1
	Role             string        `yaml:"role"`               // active, passive; "" is active
	FirstByteTimeout time.Duration `yaml:"first_byte_timeout"` // 0: as long as the call has
}

// ModelConfig is a name that callers use.
type ModelConfig struct {
	Deployments []string `yaml:"deployments"`
	Strategy    string   `yaml:"strategy"`   // weighted, headroom, failover; "" is weighted
	SameModel   bool     `yaml:"same_model"` // none is a substitute, whatever the names
}

// WaitConfig is how long calls of each lane wait for their limits.
type WaitConfig struct {
	P0 time.Duration `yaml:"p0"`
	P1 time.Duration `yaml:"p1"`
	P2 time.Duration `yaml:"p2"`
}

// defaultSlack is how much the ways of two calls to a provider may differ.
const defaultSlack = 200 * time.Millisecond

// names are the deployments' names, the default one first.
func (u *UpstreamConfig) names() []string {
	names := slices.Sorted(maps.Keys(u.Deployments))
	if i := slices.Index(names, u.Default); i > 0 {
		names = append([]string{u.Default}, slices.Delete(names, i, i+1)...)
	}
	return names
}

// deployments are those configured, made ready. The configuration is sound.
func (u *UpstreamConfig) deployments() ([]upstream.Deployment, error) {
	var list []upstream.Deployment
	for _, name := range u.names() {
		d := u.Deployments[name]
		axes, err := d.Limits.axes(defaultSlack)
		if err != nil {
			return nil, fmt.Errorf("upstream.deployments.%s.limits: %w", name, err)
		}
		list = append(list, upstream.Deployment{
			Name: name, Provider: upstream.Provider(d.Provider), BaseURL: d.BaseURL, Model: d.Model,
			APIKey: d.APIKey.reveal(), APIVersion: d.APIVersion, CallersKeys: d.CallersKeys,
			Limits: axes, Weight: d.Weight, Passive: d.Role == "passive", FirstByteTimeout: d.FirstByteTimeout,
		})
	}
	return list, nil
}

func (u *UpstreamConfig) models() map[string]upstream.Model {
	models := make(map[string]upstream.Model, len(u.Models))
	for name, m := range u.Models {
		models[name] = upstream.Model{Deployments: m.Deployments, Strategy: upstream.Strategy(m.Strategy), SameModel: m.SameModel}
	}
	return models
}

// hasKey reports whether the service has a credential of its own.
func (u *UpstreamConfig) hasKey() bool {
	if len(u.Deployments) == 0 {
		return u.APIKey != ""
	}
	for _, d := range u.Deployments {
		if d.APIKey != "" {
			return true
		}
	}
	return false
}

// identity is where answers come from, as their keys have it.
func (u *UpstreamConfig) identity() string {
	if len(u.Deployments) == 0 {
		return u.BaseURL
	}
	return u.Deployments[u.names()[0]].BaseURL
}

// readDeploymentKeys reads the credentials that are in files and variables.
func (l *loaded) readDeploymentKeys(getenv func(string) string) (ps problems) {
	for _, name := range l.Upstream.names() {
		d, path := l.Upstream.Deployments[name], "upstream.deployments."+name+".api_key"
		given := 0
		for _, set := range []bool{d.APIKey != "", d.APIKeyFile != "", d.APIKeyEnv != ""} {
			if set {
				given++
			}
		}
		if given > 1 {
			ps = append(ps, problem{l.origins.of(path), path, "is set in more than one way; keep one of api_key, api_key_file and api_key_env"})
			continue
		}
		if err := d.readKey(getenv); err != nil {
			ps = append(ps, problem{l.origins.of(path), path, err.Error()})
		}
		l.Upstream.Deployments[name] = d
	}
	return ps
}

func (d *DeploymentConfig) readKey(getenv func(string) string) error {
	switch {
	case d.APIKeyEnv != "":
		if d.APIKey = Secret(strings.TrimSpace(getenv(d.APIKeyEnv))); d.APIKey == "" {
			return fmt.Errorf("the variable %s is not set", d.APIKeyEnv)
		}
	case d.APIKeyFile != "":
		text, err := os.ReadFile(d.APIKeyFile)
		if err != nil {
			return fmt.Errorf("%s cannot be read: %s", d.APIKeyFile, reason(err))
		}
		if d.APIKey = Secret(strings.TrimSpace(string(text))); d.APIKey == "" {
			return errors.New(d.APIKeyFile + " is empty")
		}
	}
	return nil
}

// checkDeployments adds what is wrong with deployments, models and waits.
func (c *checker) checkDeployments() {
	u := &c.Upstream
	c.checkLimits("upstream.limits", u.Limits)
	c.positive("upstream.probe", u.Probe)
	c.positive("upstream.max_wait.p0", u.MaxWait.P0)
	c.positive("upstream.max_wait.p1", u.MaxWait.P1)
	c.positive("upstream.max_wait.p2", u.MaxWait.P2)
	if len(u.Deployments) > 0 {
		c.unusedWith("upstream.deployments", map[string]bool{
			"upstream.api_key": u.APIKey != "", "upstream.limits": u.Limits != (LimitsConfig{}),
		})
	}
	if u.Default != "" && !slices.Contains(u.names(), u.Default) {
		c.add("upstream.default", "%q is none of upstream.deployments", u.Default)
	}
	for _, name := range u.names() {
		c.checkDeployment("upstream.deployments."+name, name, u.Deployments[name])
	}
	for _, name := range slices.Sorted(maps.Keys(u.Models)) {
		path, m := "upstream.models."+name, u.Models[name]
		c.oneOf(path+".strategy", m.Strategy, "", "weighted", "headroom", "failover")
		if len(m.Deployments) == 0 {
			c.add(path+".deployments", "is empty; name those of upstream.deployments that serve the model")
		}
		for i, d := range m.Deployments {
			at := fmt.Sprintf("%s.deployments[%d]", path, i)
			if _, known := u.Deployments[d]; !known {
				c.add(at, "%q is none of upstream.deployments", d)
			}
			if slices.Contains(m.Deployments[:i], d) {
				c.add(at, "%q is there twice", d)
			}
		}
	}
}

func (c *checker) checkDeployment(path, name string, d DeploymentConfig) {
	if err := checkName(name); err != nil || len(name) > 64 || strings.Contains(name, "@") {
		c.add(path, "%q is not a name of letters, digits and . _ -, at most 64", name)
	}
	providers := []string{""}
	for _, p := range upstream.Providers() {
		providers = append(providers, string(p))
	}
	c.oneOf(path+".provider", d.Provider, providers...)
	c.oneOf(path+".role", d.Role, "", "active", "passive")
	c.check(path+".base_url", checkURL(d.BaseURL, "https://api.openai.com/v1"))
	c.check(path+".api_key", checkSecret(d.APIKey))
	if strings.ContainsFunc(d.Model, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
		c.add(path+".model", "%q holds a space, a quote or a character that is not ASCII", d.Model)
	}
	if d.Weight < 0 {
		c.add(path+".weight", "%g is below 0", d.Weight)
	}
	if d.FirstByteTimeout < 0 {
		c.add(path+".first_byte_timeout", "%s is below 0; leave it out to wait as long as a call has", formatDuration(d.FirstByteTimeout))
	}
	c.checkLimits(path+".limits", d.Limits)
}

// unusedWith reports the keys that are set though another one takes their
// place.
func (c *checker) unusedWith(instead string, set map[string]bool) {
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if set[key] {
			c.add(key, "means nothing beside %s; move it there, or remove it", instead)
		}
	}
}
