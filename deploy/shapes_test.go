// The parts of the files that the tests look at.

package deploy_test

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// config is what the tests need of askonce's configuration; the program itself
// checks the rest.
type config struct {
	Listen       string
	Data         string
	DrainDelay   time.Duration `yaml:"drain_delay"`
	DrainTimeout time.Duration `yaml:"drain_timeout"`
	Upstream     struct{ Timeout time.Duration }
	Redis        struct{ URL string }
	Qdrant       struct{ URL string }
}

func readConfig(t *testing.T, file string) (c config) {
	t.Helper()
	decode(t, file, &c)
	return c
}

type compose struct {
	Services map[string]service
}

type service struct {
	Image string
	Build struct {
		Dockerfile string
	}
	Environment     map[string]string
	Ports           []string
	ReadOnly        bool          `yaml:"read_only"`
	CapDrop         []string      `yaml:"cap_drop"`
	StopGracePeriod time.Duration `yaml:"stop_grace_period"`
	Healthcheck     struct{ Test []string }
}

func readCompose(t *testing.T) (c compose) {
	t.Helper()
	decode(t, "compose.yaml", &c)
	return c
}

// replicas are the services that run askonce.
func (c compose) replicas() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.Services)), func(name string) bool {
		return c.Services[name].Build.Dockerfile == ""
	})
}

type meta struct {
	Name   string
	Labels map[string]string
}

// selector is one of both forms: labels by themselves, or below matchLabels.
type selector map[string]any

func (s selector) labels() map[string]string {
	found := make(map[string]string)
	for label, value := range s {
		switch value := value.(type) {
		case string:
			found[label] = value
		case map[string]any:
			for label, value := range value {
				found[label], _ = value.(string)
			}
		}
	}
	return found
}

type deployment struct {
	Spec struct {
		Selector struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		}
		Template struct {
			Metadata meta
			Spec     struct {
				TerminationGracePeriodSeconds int `yaml:"terminationGracePeriodSeconds"`
				SecurityContext               struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
					RunAsUser    int  `yaml:"runAsUser"`
					RunAsGroup   int  `yaml:"runAsGroup"`
					FSGroup      int  `yaml:"fsGroup"`
				} `yaml:"securityContext"`
				Containers []container
			}
		}
	}
}

type container struct {
	Image string
	Ports []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	Env []struct {
		Name      string
		Value     string
		ValueFrom struct {
			SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
		} `yaml:"valueFrom"`
	}
	LivenessProbe   probe `yaml:"livenessProbe"`
	ReadinessProbe  probe `yaml:"readinessProbe"`
	StartupProbe    probe `yaml:"startupProbe"`
	SecurityContext struct {
		AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities             struct{ Drop []string }
	} `yaml:"securityContext"`
}

type probe struct {
	HTTPGet struct{ Path string } `yaml:"httpGet"`
}

func readDeployment(t *testing.T) (d deployment) {
	t.Helper()
	decode(t, "kubernetes/deployment.yaml", &d)
	if len(d.Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("deployment.yaml has %d containers", len(d.Spec.Template.Spec.Containers))
	}
	return d
}

func (d deployment) container() container { return d.Spec.Template.Spec.Containers[0] }
