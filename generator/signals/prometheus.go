package signals

import (
	"fmt"

	"github.com/prometheus/otlptranslator"
)

// PrometheusMetric returns the name that a metric has in Prometheus once it has come there over OTLP: with the suffixes for unit and type
// that are its default. That of a histogram is the name without _bucket, _count and _sum.
func PrometheusMetric(name, unit, instrument string) (string, error) {
	kinds := map[string]otlptranslator.MetricType{
		"counter": otlptranslator.MetricTypeMonotonicCounter, "updowncounter": otlptranslator.MetricTypeNonMonotonicCounter,
		"gauge": otlptranslator.MetricTypeGauge, "histogram": otlptranslator.MetricTypeHistogram,
	}
	kind, ok := kinds[instrument]
	if !ok {
		return "", fmt.Errorf("%q is no instrument", instrument)
	}
	namer := otlptranslator.NewMetricNamer("", otlptranslator.UnderscoreEscapingWithSuffixes)
	return namer.Build(otlptranslator.Metric{Name: name, Unit: unit, Type: kind})
}

// PrometheusLabel returns the name of the label that an attribute becomes.
func PrometheusLabel(attribute string) (string, error) {
	namer := otlptranslator.LabelNamer{}
	return namer.Build(attribute)
}
