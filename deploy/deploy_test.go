// What the files of a deployment must agree on: addresses, ids, times, names.
// Nothing is started and nothing leaves the machine.

package deploy_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// TestYAML reads every file: no key twice, nothing empty, and what kubectl is
// given says what it is. Unknown keys of the configurations are TestCheck's.
func TestYAML(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	more, err2 := filepath.Glob("kubernetes/*.yaml")
	if err != nil || err2 != nil || len(files)+len(more) < 10 {
		t.Fatal(files, more, err, err2)
	}
	for _, file := range append(files, more...) {
		var doc map[string]any
		decode(t, file, &doc)
		if len(doc) == 0 {
			t.Errorf("%s is empty", file)
		}
		if strings.HasPrefix(file, "kubernetes") && filepath.Base(file) != "askonce.yaml" && (doc["apiVersion"] == nil || doc["kind"] == nil) {
			t.Errorf("%s is no manifest", file)
		}
	}
}

// TestAddresses follows a request: nginx, replica, stores.
func TestAddresses(t *testing.T) {
	compose, config := readCompose(t), readConfig(t, "askonce.yaml")
	_, port, err := net.SplitHostPort(config.Listen)
	if err != nil {
		t.Fatal(err)
	}
	dockerfile := read(t, "Dockerfile")
	for _, line := range []string{"EXPOSE " + port, "ASKONCE_LISTEN=0.0.0.0:" + port, "ASKONCE_DATA=" + config.Data, "VOLUME " + config.Data} {
		if !strings.Contains(dockerfile, line) {
			t.Errorf("Dockerfile has no %q", line)
		}
	}

	var balanced []string
	upstream := block(t, "upstream askonce")
	for _, args := range upstream["server"] {
		balanced = append(balanced, args[0])
	}
	for _, name := range compose.replicas() {
		if !slices.Contains(balanced, name+":"+port) {
			t.Errorf("nginx.conf does not balance over %s:%s, only over %v", name, port, balanced)
		}
	}
	if len(balanced) != len(compose.replicas()) || len(balanced) < 2 {
		t.Errorf("nginx.conf balances over %v, compose.yaml has %v", balanced, compose.replicas())
	}
	listen := block(t, "server")["listen"][0][0]
	if published := compose.Services["nginx"].Ports; len(published) != 1 || !strings.HasSuffix(published[0], ":"+listen) {
		t.Errorf("compose.yaml publishes %v, nginx.conf listens on %s", published, listen)
	}

	for _, store := range []struct{ address, image, port string }{
		{config.Redis.URL, "redis:", "6379"}, {config.Qdrant.URL, "qdrant/qdrant:", "6334"},
	} {
		u, err := url.Parse(store.address)
		if err != nil || u.Port() != store.port || !strings.HasPrefix(compose.Services[u.Hostname()].Image, store.image) {
			t.Errorf("askonce.yaml names %s, which is no service of compose.yaml with the image %s… (%v)", store.address, store.image, err)
		}
	}
}

// TestImages: every image has a version, and the builder is the module's Go.
func TestImages(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z0-9./-]+:v?[0-9]+\.[0-9]+\.[0-9]+[a-z0-9.-]*$`)
	for name, s := range readCompose(t).Services {
		if s.Build.Dockerfile == "" && !pinned.MatchString(s.Image) {
			t.Errorf("compose.yaml: %s has the image %q, which is no exact version", name, s.Image)
		}
	}
	var froms []string
	for _, m := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(read(t, "Dockerfile"), -1) {
		froms = append(froms, m[1])
	}
	goVersion := regexp.MustCompile(`(?m)^go (\S+)`).FindStringSubmatch(read(t, "../go.mod"))[1]
	if len(froms) != 2 || !strings.HasPrefix(froms[0], "golang:"+goVersion+"-") || froms[1] != "scratch" {
		t.Errorf("Dockerfile builds from %v; go.mod has Go %s", froms, goVersion)
	}
	if image := readDeployment(t).container().Image; !pinned.MatchString(image) {
		t.Errorf("deployment.yaml has the image %q, which is no exact version", image)
	}
}

// TestRights: nobody is root, and no file system but /data is written.
func TestRights(t *testing.T) {
	dockerfile := read(t, "Dockerfile")
	user := regexp.MustCompile(`(?m)^USER ([0-9]+):([0-9]+)$`).FindStringSubmatch(dockerfile)
	if user == nil || user[1] == "0" || !strings.Contains(dockerfile, "--chown="+user[1]+":"+user[2]) || !strings.Contains(dockerfile, "CGO_ENABLED=0") {
		t.Fatalf("Dockerfile: the user is %v", user)
	}
	d := readDeployment(t)
	pod, c := d.Spec.Template.Spec.SecurityContext, d.container().SecurityContext
	ids := []string{fmt.Sprint(pod.RunAsUser), fmt.Sprint(pod.RunAsGroup), fmt.Sprint(pod.FSGroup)}
	if !pod.RunAsNonRoot || !slices.Equal(ids, []string{user[1], user[2], user[2]}) {
		t.Errorf("deployment.yaml runs as %v, Dockerfile as %v", ids, user[1:])
	}
	if !c.ReadOnlyRootFilesystem || c.AllowPrivilegeEscalation == nil || *c.AllowPrivilegeEscalation || !slices.Equal(c.Capabilities.Drop, []string{"ALL"}) {
		t.Errorf("deployment.yaml: %+v", c)
	}
	compose := readCompose(t)
	for _, name := range append(compose.replicas(), "nginx") {
		if s := compose.Services[name]; !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) {
			t.Errorf("compose.yaml: %s may write, or has capabilities", name)
		}
	}
}

// TestDraining: whoever stops a replica waits as long as it may take. It first
// only says that it leaves, then waits for requests, then for writes.
func TestDraining(t *testing.T) {
	compose, d := readCompose(t), readDeployment(t)
	for file, grace := range map[string]time.Duration{
		"askonce.yaml":            compose.Services[compose.replicas()[0]].StopGracePeriod,
		"kubernetes/askonce.yaml": time.Duration(d.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second,
	} {
		config := readConfig(t, file)
		if longest := config.DrainDelay + 2*config.DrainTimeout; config.DrainDelay == 0 || config.DrainTimeout == 0 || grace <= longest {
			t.Errorf("%s: a shutdown takes up to %v, and is cut off after %v", file, longest, grace)
		}
	}
}

// TestHealth: who asks what. A replica without its stores stays in service, and
// one that drains is not restarted.
func TestHealth(t *testing.T) {
	c := readDeployment(t).container()
	for name, p := range map[string]struct{ got, want string }{
		"liveness": {c.LivenessProbe.HTTPGet.Path, "/healthz"}, "startup": {c.StartupProbe.HTTPGet.Path, "/healthz"},
		"readiness": {c.ReadinessProbe.HTTPGet.Path, "/readyz"},
	} {
		if p.got != p.want {
			t.Errorf("deployment.yaml: the %s probe asks %s, want %s", name, p.got, p.want)
		}
	}
	if !strings.Contains(read(t, "Dockerfile"), `CMD ["/askonce", "health"]`) {
		t.Error("Dockerfile has no health check")
	}
	compose := readCompose(t)
	for name, s := range compose.Services {
		if len(s.Healthcheck.Test) == 0 {
			t.Errorf("compose.yaml: %s has no health check", name)
		}
	}
	for _, name := range compose.replicas() {
		if !slices.Equal(compose.Services[name].Healthcheck.Test, []string{"CMD", "/askonce", "health"}) {
			t.Errorf("compose.yaml: %s is asked by %v", name, compose.Services[name].Healthcheck.Test)
		}
	}
}

// TestNames: what selects pods finds them, and what a file refers to exists.
func TestNames(t *testing.T) {
	d := readDeployment(t)
	labels := d.Spec.Template.Metadata.Labels
	selectors := map[string]map[string]string{"deployment.yaml": d.Spec.Selector.MatchLabels}
	for _, file := range []string{"service.yaml", "poddisruptionbudget.yaml", "networkpolicy.yaml", "servicemonitor.yaml"} {
		var m struct {
			Spec struct {
				Selector    selector
				PodSelector selector `yaml:"podSelector"`
			}
		}
		decode(t, "kubernetes/"+file, &m)
		selectors[file] = m.Spec.Selector.labels()
		if file == "networkpolicy.yaml" {
			selectors[file] = m.Spec.PodSelector.labels()
		}
	}
	for file, s := range selectors {
		for label, value := range s {
			if labels[label] != value {
				t.Errorf("%s selects %s=%s, pods have %v", file, label, value, labels)
			}
		}
		if len(s) == 0 {
			t.Errorf("%s selects nothing", file)
		}
	}

	var secret struct {
		Metadata   meta
		StringData map[string]string `yaml:"stringData"`
	}
	decode(t, "kubernetes/secret.example.yaml", &secret)
	for _, e := range d.container().Env {
		if ref := e.ValueFrom.SecretKeyRef; e.Value == "" && (ref.Name != secret.Metadata.Name || secret.StringData[ref.Key] == "") {
			t.Errorf("deployment.yaml: %s is %s of %s, which secret.example.yaml does not show", e.Name, ref.Key, ref.Name)
		}
	}
	_, port, _ := net.SplitHostPort(readConfig(t, "kubernetes/askonce.yaml").Listen)
	if ports := d.container().Ports; len(ports) != 1 || fmt.Sprint(ports[0].ContainerPort) != port || ports[0].Name != "http" {
		t.Errorf("deployment.yaml has the ports %+v, askonce.yaml %s", ports, port)
	}
	var k struct{ Resources []string }
	decode(t, "kubernetes/kustomization.yaml", &k)
	for _, file := range k.Resources {
		if _, err := os.Stat("kubernetes/" + file); err != nil {
			t.Error(err)
		}
	}
}

// TestRedisPolicy: the store's index, secret and counter have no TTL, and only
// the volatile policies leave such keys alone.
func TestRedisPolicy(t *testing.T) {
	if !regexp.MustCompile(`(?m)^maxmemory-policy volatile-`).MatchString(read(t, "redis.conf")) {
		t.Error("redis.conf may evict keys without a TTL")
	}
	if !regexp.MustCompile(`(?m)^maxmemory [0-9]+[mg]b$`).MatchString(read(t, "redis.conf")) {
		t.Error("redis.conf sets no bound to memory")
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, file)), into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
