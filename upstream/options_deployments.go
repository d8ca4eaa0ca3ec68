// What is wrong with deployments and models.

package upstream

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/askonce/askonce/upstream/limit"
)

// checkDeployments returns every problem of the deployments.
func (o *Options) checkDeployments() []error {
	var problems []error
	names := make(map[string]bool, len(o.Deployments))
	for i := range o.Deployments {
		d := &o.Deployments[i]
		at := fmt.Sprintf("Deployments[%d]", i)
		if !isWord(d.Name) {
			problems = append(problems, fmt.Errorf("%s.Name: %q is not a word of letters, digits, dots, dashes and underscores, up to 64", at, d.Name))
		} else {
			at = "Deployments." + d.Name
		}
		if names[d.Name] {
			problems = append(problems, fmt.Errorf("%s: is there twice", at))
		}
		names[d.Name] = true
		for _, err := range d.validate() {
			problems = append(problems, fmt.Errorf("%s.%w", at, err))
		}
	}
	return problems
}

// validate returns every problem of d but those of its name.
func (d *Deployment) validate() []error {
	problems := []error{checkBaseURL(d.BaseURL)}
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if strings.ContainsFunc(d.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }) {
		add("APIKey: holds a character that a header cannot carry; look for a space or a line end")
	}
	if d.Provider != "" && !slices.Contains(Providers(), d.Provider) {
		add("Provider: %q is none of %v", d.Provider, Providers())
	}
	if strings.ContainsFunc(d.Model, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
		add("Model: %q holds a space, a quote or a character that is not ASCII", d.Model)
	}
	if !(d.Weight >= 0) {
		add("Weight: %v is negative; leave it 0 for 1", d.Weight)
	}
	if d.FirstByteTimeout < 0 {
		add("FirstByteTimeout: is negative; leave it 0 for the client's")
	}
	if err := limit.Validate(d.Limits); err != nil {
		add("Limits: %w", err)
	}
	return slices.DeleteFunc(problems, func(err error) bool { return err == nil })
}

// checkModels returns every problem of the models.
func (o *Options) checkModels() []error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(o.Models)) {
		m := o.Models[name]
		if name == "" || len(m.Deployments) == 0 {
			problems = append(problems, fmt.Errorf("Models.%s: needs a name and at least one of the deployments", name))
		}
		if m.Strategy != "" && !slices.Contains([]Strategy{Weighted, Headroom, Failover}, m.Strategy) {
			problems = append(problems, fmt.Errorf("Models.%s.Strategy: %q is none of weighted, headroom, failover", name, m.Strategy))
		}
		for i, d := range m.Deployments {
			if !slices.ContainsFunc(o.Deployments, func(known Deployment) bool { return known.Name == d }) {
				problems = append(problems, fmt.Errorf("Models.%s.Deployments: there is no deployment %q", name, d))
			}
			if slices.Contains(m.Deployments[:i], d) {
				problems = append(problems, fmt.Errorf("Models.%s.Deployments: %q is there twice", name, d))
			}
		}
	}
	return problems
}

// isWord reports whether s is fit for a label, a header and a name in a ledger.
func isWord(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_')
	})
}

// checkBaseURL never repeats the URL: it may hold a password.
func checkBaseURL(s string) error {
	const example = "give one such as https://api.openai.com/v1"
	u, err := url.Parse(s)
	switch {
	case s == "":
		return errors.New("BaseURL: is empty; " + example)
	case err != nil:
		return errors.New("BaseURL: is not a URL; " + example)
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("BaseURL: begins with neither https:// nor http://; " + example)
	case u.Host == "":
		return errors.New("BaseURL: names no host; " + example)
	case u.User != nil:
		return errors.New("BaseURL: holds a credential; put it into APIKey")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("BaseURL: has a query or a fragment; " + example)
	}
	return nil
}
