// `askonce check`: what holds, what is wrong, whether it could start.

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
)

// CheckCmd checks the configuration.
type CheckCmd struct {
	ConfigFlags
}

// Help is shown below the flags.
func (CheckCmd) Help() string {
	return `Prints every key with its value and what set it, then everything that is wrong at once. Asks no
provider and starts nothing. Exit code 1 if something is wrong.

Every key that holds one value can be set in the environment too: ASKONCE_ and the path of keys in
capitals, joined by underscores. cache.ttl is ASKONCE_CACHE_TTL, upstream.api_key ASKONCE_UPSTREAM_API_KEY.
Flags win over the environment, the environment over the file.

Examples:
  askonce check --config askonce.yaml
  ASKONCE_CACHE_THRESHOLD=0.97 askonce check`
}

// Run prints what holds and what is wrong.
func (c CheckCmd) Run(p *process) error {
	l, err := load(c.ConfigFlags, p.Environ)
	var found problems
	if err != nil && !errors.As(err, &found) {
		return err
	}
	l.print(p.Stdout)
	for _, warning := range l.warnings {
		fmt.Fprintln(p.Stderr, "warning:", warning)
	}
	if err := append(found, l.probe(found)...).orNil(); err != nil {
		fmt.Fprintf(p.Stderr, "askonce: %s\n", err)
		return failure(exitFailed)
	}
	fmt.Fprintln(p.Stdout, "\nOK: the configuration is sound, the data folder can be written and the address is free.")
	return nil
}

// probe tries what needs no server: the folder and the port.
func (l *loaded) probe(known problems) (ps problems) {
	if slices.ContainsFunc(known, func(p problem) bool { return p.key == "listen" || p.key == "data" }) {
		return nil
	}
	if err := writable(l.Data); err != nil {
		ps = append(ps, problem{l.origins.of("data"), "data", err.Error()})
	}
	listener, err := net.Listen("tcp", l.Listen)
	if err != nil {
		return append(ps, problem{l.origins.of("listen"), "listen", listenError(l.Listen, err)})
	}
	listener.Close()
	return ps
}

// writable reports why nothing can be written in a folder, or in the nearest
// one above it that exists. It makes no folder: check changes nothing.
func writable(dir string) error {
	for at := dir; ; at = filepath.Dir(at) {
		stat, err := os.Stat(at)
		switch {
		case errors.Is(err, os.ErrNotExist) && at != filepath.Dir(at):
			continue
		case err != nil:
			return fmt.Errorf("%s cannot be used: %s; name a folder that askonce may write to", at, reason(err))
		case !stat.IsDir():
			return fmt.Errorf("%s is not a folder; name one", at)
		}
		f, err := os.CreateTemp(at, ".askonce-check-")
		if err != nil {
			return fmt.Errorf("%s cannot be written: %s; name a folder that askonce may write to", at, reason(err))
		}
		f.Close()
		return os.Remove(f.Name())
	}
}

// listenError is why an address cannot be listened on, and the way out.
func listenError(addr string, err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return addr + " is in use by another program; stop it, or choose another port with --listen"
	case errors.Is(err, syscall.EACCES):
		return addr + " needs more rights than this user has; choose a port above 1023 with --listen"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return addr + " is no address of this machine; choose another one with --listen"
	}
	return fmt.Sprintf("%s cannot be listened on: %s", addr, err)
}

// print writes every key, its value, and what set it.
func (l *loaded) print(w io.Writer) {
	l.printStruct(w, "", "", reflect.ValueOf(l.Config))
}

func (l *loaded) printStruct(w io.Writer, indent, path string, v reflect.Value) {
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("yaml")
		l.printValue(w, indent, key, join(path, key), v.Field(i))
	}
}

func (l *loaded) printValue(w io.Writer, indent, key, path string, v reflect.Value) {
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil():
	case v.IsZero() && (v.Kind() == reflect.Slice || v.Kind() == reflect.Struct) && strings.HasPrefix(path, "namespaces."): // as in cache, or none
	case v.Kind() == reflect.Struct:
		fmt.Fprintf(w, "%s%s:\n", indent, key)
		l.printStruct(w, indent+"  ", path, v)
	case v.Kind() == reflect.Map && v.Len() > 0:
		fmt.Fprintf(w, "%s%s:\n", indent, key)
		for _, name := range sortedKeys(v) {
			l.printValue(w, indent+"  ", name.String(), join(path, name.String()), v.MapIndex(name))
		}
	case v.Kind() == reflect.Slice && v.Len() > 0:
		fmt.Fprintf(w, "%s%s:%s\n", indent, key, l.origin(path))
		for i := range v.Len() {
			l.printItem(w, indent+"  ", v.Index(i))
		}
	case v.Kind() == reflect.Map:
		fmt.Fprintf(w, "%s%s: {}\n", indent, key)
	case v.Kind() == reflect.Slice:
		fmt.Fprintf(w, "%s%s: []%s\n", indent, key, l.origin(path))
	default:
		fmt.Fprintf(w, "%s%s: %s%s\n", indent, key, l.shown(path, v), l.origin(path))
	}
}

// sortedKeys are those of a map by text.
func sortedKeys(m reflect.Value) []reflect.Value {
	return slices.SortedFunc(slices.Values(m.MapKeys()), func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
}

// shown is a value as it may be shown: not a URL with a password in it.
func (l *loaded) shown(path string, v reflect.Value) string {
	text := format(v)
	if strings.HasSuffix(path, "base_url") && strings.Contains(text, "@") {
		return "(not shown: it may hold a password)"
	}
	return text
}

func (l *loaded) printItem(w io.Writer, indent string, v reflect.Value) {
	if v.Kind() != reflect.Struct {
		fmt.Fprintf(w, "%s- %s\n", indent, format(v))
		return
	}
	var parts []string
	for i := range v.NumField() {
		parts = append(parts, v.Type().Field(i).Tag.Get("yaml")+": "+format(v.Field(i)))
	}
	fmt.Fprintf(w, "%s- {%s}\n", indent, strings.Join(parts, ", "))
}

// origin is a comment that says what set a key; defaults have none.
func (l *loaded) origin(path string) string {
	if where, ok := l.origins[path]; ok {
		return "  # " + where.String()
	}
	return ""
}
