// The rules, and the one loop that checks them.

package importtest

import (
	"slices"
	"strings"
	"testing"
)

// maxDirect bounds the modules that go.mod requires directly.
const maxDirect = 32

// testOnly are packages that exist for tests: contract suites and servers.
var testOnly = []string{
	"cache/cachetest", "cache/qdrantcache/peer", "cache/rediscache/redistest", "upstream/pace/pacetest",
	"embed/embedtest", "internal/importtest", "cmd/askonce/sdktest",
}

// rule says which imports a part of the tree may have.
type rule struct {
	name    string
	applies func(from string) bool
	allows  func(e edge) bool // asked for imports of our own packages only
}

// rules hold for the files of the program. Test files and the packages made for
// tests may import more.
var rules = []rule{
	{
		name:    "internal/llm imports nothing of ours",
		applies: inTree("internal/llm"),
		allows:  anyOf("internal/llm"),
	},
	{
		name:    "internal/spelling imports nothing of ours",
		applies: inTree("internal/spelling"),
		allows:  anyOf("internal/spelling"),
	},
	{
		name:    "policy imports only internal/llm",
		applies: inTree("policy"),
		allows:  anyOf("policy", "internal/llm"),
	},
	{
		name:    "embed imports only internal/llm",
		applies: inTree("embed"),
		allows:  anyOf("embed", "internal/llm"),
	},
	{
		name:    "upstream imports only internal/llm and internal/spelling",
		applies: inTree("upstream"),
		allows:  anyOf("upstream", "internal/llm", "internal/spelling"),
	},
	{
		name:    "cache imports only internal/llm and policy",
		applies: func(from string) bool { return from == "cache" },
		allows:  anyOf("internal/llm", "policy"),
	},
	{
		name:    "a backend imports cache and below, and no other backend",
		applies: func(from string) bool { return backendOf(from) != "" },
		allows:  backendAllows,
	},
	{
		name:    "api sees only cache, policy, internal/llm and internal/spelling",
		applies: inTree("api"),
		allows: func(e edge) bool {
			return e.to == "cache" || anyOf("api", "policy", "internal/llm", "internal/spelling")(e)
		},
	},
	{
		name:    "migrations imports nothing of ours",
		applies: inTree("migrations"),
		allows:  anyOf("migrations"),
	},
	{
		name:    "no product code imports a package made for tests",
		applies: func(string) bool { return true },
		allows:  func(e edge) bool { return !isTestOnly(e.to) },
	},
}

func TestImports(t *testing.T) {
	repo := load(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, e := range repo.edges {
				if e.ours && !e.test && !isTestOnly(e.from) && r.applies(e.from) && !r.allows(e) {
					t.Errorf("%s imports %s", e.file, e.to)
				}
			}
		})
	}
	t.Run("nothing imports cmd", func(t *testing.T) {
		for _, e := range repo.edges {
			if e.ours && inTree("cmd")(e.to) && !inTree("cmd")(e.from) {
				t.Errorf("%s imports %s", e.file, e.to)
			}
		}
	})
	t.Run("nothing imports bench, deploy or docs", func(t *testing.T) {
		outside := anyOf("bench", "deploy", "docs")
		for _, e := range repo.edges {
			if e.ours && outside(e) && !outside(edge{to: e.from}) {
				t.Errorf("%s imports %s, which holds no product code", e.file, e.to)
			}
		}
	})
	t.Run("no cgo", func(t *testing.T) {
		for _, e := range repo.edges {
			if e.to == "C" {
				t.Errorf("%s imports \"C\"; the program is built without cgo", e.file)
			}
		}
	})
	t.Run("every package of the house has rules", func(t *testing.T) {
		for _, p := range repo.packages {
			if !known(p) {
				t.Errorf("%s is in none of the folders that the rules speak of", p)
			}
		}
	})
}

func TestDirectDependencies(t *testing.T) {
	var direct []string
	for _, require := range load(t).mod.Require {
		if !require.Indirect {
			direct = append(direct, require.Path)
		}
	}
	if len(direct) > maxDirect {
		t.Errorf("go.mod requires %d modules directly, the limit is %d:\n%s",
			len(direct), maxDirect, strings.Join(direct, "\n"))
	}
}

// inTree returns a test for the folder root and all below it.
func inTree(root string) func(string) bool {
	return func(p string) bool { return p == root || strings.HasPrefix(p, root+"/") }
}

// anyOf allows imports of these trees.
func anyOf(roots ...string) func(edge) bool {
	return func(e edge) bool {
		return slices.ContainsFunc(roots, func(root string) bool { return inTree(root)(e.to) })
	}
}

// backendOf is the folder of the backend that a package belongs to, such as
// "cache/embedded"; "" if it is none.
func backendOf(p string) string {
	parts := strings.SplitN(p, "/", 3)
	if len(parts) < 2 || parts[0] != "cache" || isTestOnly(p) {
		return ""
	}
	return parts[0] + "/" + parts[1]
}

func backendAllows(e edge) bool {
	return e.to == "cache" || backendOf(e.to) == backendOf(e.from) && backendOf(e.to) != "" ||
		anyOf("policy", "migrations", "internal/llm")(e)
}

func isTestOnly(p string) bool {
	return slices.ContainsFunc(testOnly, func(root string) bool { return inTree(root)(p) })
}

// known reports whether p is in a folder that the rules speak of. cmd may
// import everything.
func known(p string) bool {
	return slices.ContainsFunc([]string{
		"cmd", "cache", "embed", "policy", "api", "migrations", "upstream", "internal/llm", "internal/spelling", "internal/importtest", "bench", "deploy", "docs",
	}, func(root string) bool { return inTree(root)(p) })
}
