// The configuration's keys, found by their yaml tags, so that file,
// environment and `askonce check` agree on them.

package main

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// setting is a key that holds one value, or a list of texts.
type setting struct {
	path  string // such as cache.ttl
	value reflect.Value
}

// settings lists the settings in a struct, in order, those of nested structs
// included. Keys that hold maps or lists of structs are left out: they can
// only be set in the file.
func settings(path string, v reflect.Value) []setting {
	var list []setting
	for i := range v.NumField() {
		field, key := v.Field(i), v.Type().Field(i).Tag.Get("yaml")
		switch {
		case field.Kind() == reflect.Struct:
			list = append(list, settings(join(path, key), field)...)
		case isScalar(field) || isTextList(field):
			list = append(list, setting{join(path, key), field})
		}
	}
	return list
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func isTextList(v reflect.Value) bool {
	return v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.String
}

func isScalar(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice:
		return false
	}
	return true
}

// fieldOf finds the field of a struct that holds key.
func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("yaml") == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// keysOf lists the keys of a struct.
func keysOf(v reflect.Value) []string {
	keys := make([]string, v.NumField())
	for i := range keys {
		keys[i] = v.Type().Field(i).Tag.Get("yaml")
	}
	return keys
}

// parseInto sets v to what text says. The error says what v takes; v is then
// left as it was.
func parseInto(v reflect.Value, text string) error {
	if v.Kind() == reflect.Pointer {
		value := reflect.New(v.Type().Elem())
		if err := parseInto(value.Elem(), text); err != nil {
			return err
		}
		v.Set(value)
		return nil
	}
	switch target := v.Addr().Interface().(type) {
	case *time.Duration:
		return assign(target, text, parseDuration)
	case *Bytes:
		return assign(target, text, parseBytes)
	case *[]string:
		*target = splitList(text)
		return nil
	}
	return parsePlain(v, text)
}

func assign[T any](target *T, text string, parse func(string) (T, error)) error {
	value, err := parse(text)
	if err == nil {
		*target = value
	}
	return err
}

func parsePlain(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(b)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		v.SetInt(int64(n))
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", text)
		}
		v.SetFloat(f)
	default:
		return errors.New("cannot hold a single value")
	}
	return nil
}

// splitList reads a list written in one text, with commas between.
func splitList(text string) []string {
	list := []string{}
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// format writes a value as the file would.
func format(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Duration:
		return formatDuration(value)
	case fmt.Stringer:
		return orEmptyText(value.String())
	case string:
		return orEmptyText(value)
	}
	if v.Kind() == reflect.Pointer {
		return format(v.Elem())
	}
	return fmt.Sprint(v.Interface())
}

func orEmptyText(s string) string {
	if s == "" {
		return `""`
	}
	return s
}
