// `askonce health`: for the health checks of containers, which have no other
// program to ask with.

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// healthPatience is how long a service that is well may take to say so.
const healthPatience = 3 * time.Second

// HealthCmd asks a service whether it is up.
type HealthCmd struct {
	URL    string `help:"Where the service is. Default: where the configuration says that it listens." name:"url" placeholder:"URL"`
	Config string `help:"Configuration file (or ASKONCE_CONFIG)." placeholder:"FILE" short:"c"`
}

// Help is shown below the flags.
func (HealthCmd) Help() string {
	return `Asks /healthz. Exit code 0 when it answers 200 within 3 seconds, else 1 and one line that says why.
It says that the process serves; whether its stores do is at /readyz.

Examples:
  askonce health
  askonce health --url http://127.0.0.1:9000
  HEALTHCHECK CMD ["/askonce", "health"]`
}

// Run asks.
func (c HealthCmd) Run(p *process) error {
	base, err := serviceURL(c.URL, c.Config, p.Environ)
	if err != nil {
		return err
	}
	return askHealth(base + "/healthz")
}

// localURL is where a service that listens on addr is reached on its own
// machine.
func localURL(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || port == "" || port == "0" {
		return "", fmt.Errorf("listen is %q, which does not tell where the service is; give --url", addr)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip != nil && ip.To4() == nil {
			host = "::1"
		}
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

func askHealth(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), healthPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	// No proxy: the service is near, and a proxy's word would not be its own.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s did not answer within %s", url, formatDuration(healthPatience))
	case err != nil:
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, resp.Status)
	}
	return nil
}
