// Reading the configuration file: strict YAML, every problem with its line.

package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// fileReader walks a YAML document alongside the configuration. A decoder
// would stop at the first problem; this one goes on.
type fileReader struct {
	name     string
	origins  origins
	problems problems
	all      []string // paths of all settings, for suggestions
}

// readFile sets in cfg what the document says, and in from where.
func readFile(cfg *Config, name string, doc []byte, from origins) problems {
	r := &fileReader{name: name, origins: from}
	root := reflect.ValueOf(cfg).Elem()
	for _, s := range settings("", root) {
		r.all = append(r.all, s.path)
	}
	file, err := parser.ParseBytes(doc, 0)
	if err != nil {
		return problems{syntaxProblem(name, err)}
	}
	for i, d := range file.Docs {
		switch {
		case d.Body == nil:
		case i > 0:
			r.add(d.Body, "", "is a second document; put all keys into one")
		default:
			r.value(d.Body, "", root)
		}
	}
	return r.problems
}

func syntaxProblem(name string, err error) problem {
	var syntax yaml.Error
	if errors.As(err, &syntax) && syntax.GetToken() != nil {
		pos := syntax.GetToken().Position
		return problem{where: origin{name, pos.Line}, text: "not YAML: " + syntax.GetMessage()}
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return problem{where: origin{name: name}, text: "not YAML: " + first}
}

func (r *fileReader) at(n ast.Node) origin {
	return origin{r.name, n.GetToken().Position.Line}
}

func (r *fileReader) add(n ast.Node, path, text string) {
	r.problems = append(r.problems, problem{where: r.at(n), key: path, text: text})
}

// value reads node into v, whatever v holds. Nothing after a key's colon
// leaves the default.
func (r *fileReader) value(node ast.Node, path string, v reflect.Value) {
	switch node.Type() {
	case ast.NullType, ast.CommentType, ast.CommentGroupType:
		return
	case ast.AnchorType, ast.AliasType, ast.TagType, ast.MergeKeyType:
		r.add(node, path, "uses an anchor, an alias or a tag; write the value out")
		return
	}
	switch {
	case v.Kind() == reflect.Struct:
		r.mapping(node, path, func(key ast.Node, name string, value ast.Node) { r.member(key, name, value, path, v) })
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		r.mapping(node, path, func(key ast.Node, name string, value ast.Node) {
			r.origins[join(path, name)] = r.at(key)
			element := reflect.New(v.Type().Elem()).Elem()
			r.value(value, join(path, name), element)
			v.SetMapIndex(reflect.ValueOf(name), element)
		})
	case v.Kind() == reflect.Slice:
		r.list(node, path, v)
	default:
		r.scalar(node, path, v)
	}
}

// mapping calls each for every member of a mapping.
func (r *fileReader) mapping(node ast.Node, path string, each func(key ast.Node, name string, value ast.Node)) {
	m, ok := node.(ast.MapNode)
	if !ok {
		r.add(node, path, "holds keys of its own; write them below it, indented")
		return
	}
	for it := m.MapRange(); it.Next(); {
		each(it.Key(), it.Key().GetToken().Value, it.Value())
	}
}

func (r *fileReader) member(key ast.Node, name string, value ast.Node, path string, v reflect.Value) {
	field, ok := fieldOf(v, name)
	if !ok {
		r.add(key, join(path, name), r.unknown(name, path, keysOf(v)))
		return
	}
	r.origins[join(path, name)] = r.at(key)
	r.value(value, join(path, name), field)
}

// unknown proposes a sibling, or a key of that name elsewhere.
func (r *fileReader) unknown(name, path string, siblings []string) string {
	if near := nearest(name, siblings); near != "" {
		return "is not a key; did you mean " + join(path, near) + "?"
	}
	for _, other := range r.all {
		if strings.HasSuffix(other, "."+name) {
			return "is not a key here; did you mean " + other + "?"
		}
	}
	return "is not a key; the keys here are " + strings.Join(slices.Sorted(slices.Values(siblings)), ", ")
}

func (r *fileReader) list(node ast.Node, path string, v reflect.Value) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		r.add(node, path, "is a list; begin each item with a dash, or write [] for none")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(sequence.Values), len(sequence.Values)))
	for i, item := range sequence.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		r.origins[at] = r.at(item)
		r.value(item, at, v.Index(i))
	}
}

func (r *fileReader) scalar(node ast.Node, path string, v reflect.Value) {
	var text string
	switch n := node.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = strings.TrimSuffix(n.Value.Value, "\n")
	case ast.ScalarNode:
		text = n.GetToken().Value
	default:
		r.add(node, path, "takes a single value")
		return
	}
	if err := parseInto(v, text); err != nil {
		r.add(node, path, err.Error())
	}
}
