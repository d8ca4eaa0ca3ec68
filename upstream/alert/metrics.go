package alert

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	raised  *prometheus.CounterVec
	webhook *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		raised: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_limit_alerts_total", Help: "Alerts that the use of a day passed a part of its limit, in percent.",
		}, []string{"kind", "limit", "percent"}),
		webhook: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_limit_alert_webhooks_total", Help: "Alerts by what became of their way to the webhook: sent, failed, dropped.",
		}, []string{"outcome"}),
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(r.Register(m.raised), r.Register(m.webhook))
}
