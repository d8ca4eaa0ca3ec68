// How the deployments stand: for the metrics, and for whoever asks.

package upstream

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// Standing is how a deployment stands. Its limits are those of the service's
// credential.
type Standing struct {
	Deployment string
	Limits     []limit.Standing // by axis; nil without limits, or if the ledger cannot tell
	Waiting    pace.Waiting
	InFlight   int    // calls under way, until their answers have ended
	Peak       int    // the most of the last five to ten minutes
	Breaker    string // "closed", "open" or "half-open"
}

// Standings tells how the deployments stand, in their order.
func (c *Client) Standings(ctx context.Context) []Standing {
	list := make([]Standing, len(c.router.all))
	for i, d := range c.router.all {
		s := Standing{Deployment: d.Name, Waiting: c.limiter.Waiting(d.subject), Breaker: d.breaker.State().String()}
		s.InFlight, s.Peak = d.load.read(time.Now())
		if from := c.standings(); from != nil && len(d.Limits) > 0 {
			if axes, err := from.Standings(ctx, d.subject); err == nil {
				s.Limits = axes
			}
		}
		list[i] = s
	}
	return list
}

// standings is the ledger, if it can tell how subjects stand.
func (c *Client) standings() standings {
	from, _ := c.ledger.(standings)
	return from
}

// gauges are the metrics that are read when they are asked for.
type gauges struct {
	client *Client

	inFlight, peak, waiting, used *prometheus.Desc
}

func newGauges(c *Client) *gauges {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"deployment"}, labels...), nil)
	}
	return &gauges{
		client:   c,
		inFlight: desc("askonce_upstream_in_flight", "Calls under way, until their answers have ended."),
		peak:     desc("askonce_upstream_peak_in_flight", "The most calls under way at a time in the last five to ten minutes."),
		waiting:  desc("askonce_upstream_waiting", "Calls that wait for their limits, by lane.", "lane"),
		used:     desc("askonce_upstream_limit_used_ratio", "Used share of what a limit allows at once, by axis.", "axis"),
	}
}

// Describe implements [prometheus.Collector].
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	to <- g.inFlight
	to <- g.peak
	to <- g.waiting
	to <- g.used
}

// scrapeTimeout bounds what a scrape waits for the ledger.
const scrapeTimeout = time.Second

// Collect implements [prometheus.Collector].
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	for _, s := range g.client.Standings(ctx) {
		gauge(g.inFlight, float64(s.InFlight), s.Deployment)
		gauge(g.peak, float64(s.Peak), s.Deployment)
		for lane, n := range s.Waiting.Calls {
			gauge(g.waiting, float64(n), s.Deployment, pace.Lane(lane).String())
		}
		for _, axis := range s.Limits {
			gauge(g.used, axis.Share(), s.Deployment, axis.Name)
		}
	}
}
