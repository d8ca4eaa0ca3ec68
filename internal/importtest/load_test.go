// Reading what every package of the repository imports, from its files alone.

package importtest

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// edge is one import: a file of a package names another package.
type edge struct {
	file     string // slash-separated, from the repository's root
	from, to string // package paths; ours are cut to the folder, such as "cache/embedded"
	ours     bool   // to is a package of this module
	test     bool   // file is a _test.go file
}

// repository is what the rules are checked against.
type repository struct {
	mod      module
	packages []string // folders with Go files, sorted
	edges    []edge
}

// module is what go.mod says, as "go mod edit -json" prints it.
type module struct {
	Module  struct{ Path string }
	Require []struct {
		Path     string
		Indirect bool
	}
}

// load reads all Go files, whatever their build constraints say.
func load(t *testing.T) *repository {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	repo := &repository{mod: readModule(t, root)}
	folders := make(map[string]bool)
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && foreign(name):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		file := filepath.ToSlash(rel)
		folders[path.Dir(file)] = true
		edges, err := readImports(name, file, repo.mod.Module.Path)
		repo.edges = append(repo.edges, edges...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	repo.packages = slices.Sorted(maps.Keys(folders))
	return repo
}

func readModule(t *testing.T, root string) module {
	t.Helper()
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go mod edit -json: %v", err)
	}
	var m module
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// foreign reports whether a folder holds no package of this module: the go
// command does not look there, or it is a module of its own.
func foreign(folder string) bool {
	base := filepath.Base(folder)
	if base[0] == '.' || base[0] == '_' || base == "testdata" || base == "node_modules" {
		return true
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// readImports returns the imports of the file called name, which is shown as
// file.
func readImports(name, file, module string) ([]edge, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	edges := make([]edge, 0, len(parsed.Imports))
	for _, spec := range parsed.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		e := edge{file: file, from: path.Dir(file), to: to, test: strings.HasSuffix(file, "_test.go")}
		if rest, ok := strings.CutPrefix(to, module+"/"); ok {
			e.to, e.ours = rest, true
		}
		edges = append(edges, e)
	}
	return edges, nil
}
