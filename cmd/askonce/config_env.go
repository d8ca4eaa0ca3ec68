// Reading the environment: ASKONCE_ and the key's path in capitals.

package main

import (
	"reflect"
	"slices"
	"strings"
)

const (
	envPrefix = "ASKONCE_"
	envConfig = "ASKONCE_CONFIG" // names the configuration file, as --config does
	envKey    = "ASKONCE_KEY"    // a caller's key, as `try` and the banner use it
)

// envName is the variable of a setting.
func envName(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// readEnv sets in cfg what the environment says. A variable that looks like
// ours and is not is only a warning: it may be another program's.
func readEnv(cfg *Config, environ []string, from origins) (ps problems, warnings []string) {
	byName := make(map[string]setting)
	names := []string{envConfig}
	for _, s := range settings("", reflect.ValueOf(cfg).Elem()) {
		byName[envName(s.path)] = s
		names = append(names, envName(s.path))
	}
	for _, variable := range slices.Sorted(slices.Values(environ)) {
		name, text, _ := strings.Cut(variable, "=")
		s, known := byName[name]
		switch {
		case !strings.HasPrefix(name, envPrefix) || name == envConfig || name == envKey:
		case !known:
			warnings = append(warnings, unknownVariable(name, names))
		default:
			from[s.path] = origin{name: name}
			if err := parseInto(s.value, text); err != nil {
				ps = append(ps, problem{where: origin{name: name}, key: s.path, text: err.Error()})
			}
		}
	}
	return ps, warnings
}

func unknownVariable(name string, names []string) string {
	if near := nearest(name, names); near != "" {
		return name + " is set but means nothing; did you mean " + near + "?"
	}
	return name + " is set but means nothing; `askonce check --help` tells how variables are named"
}
