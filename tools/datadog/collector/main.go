// Command collector is an OpenTelemetry Collector with Datadog's exporter, for tests. It is built from this module
// and not by the collector's builder, which would resolve hundreds of modules each time.
package main

import (
	"os"

	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/datadogexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/healthcheckextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

func main() {
	command := otelcol.NewCommand(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "collector"},
		Factories: components,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			ProviderFactories: []confmap.ProviderFactory{envprovider.NewFactory(), fileprovider.NewFactory()},
		}},
	})
	if command.Execute() != nil { // it has printed the reason
		os.Exit(1)
	}
}

func components() (otelcol.Factories, error) {
	return otelcol.Factories{
		Telemetry:  otelconftelemetry.NewFactory(),
		Extensions: factories[extension.Factory](healthcheckextension.NewFactory(), filestorage.NewFactory()),
		Receivers:  factories[receiver.Factory](otlpreceiver.NewFactory()),
		Processors: factories[processor.Factory](memorylimiterprocessor.NewFactory(), redactionprocessor.NewFactory()),
		Exporters:  factories[exporter.Factory](datadogexporter.NewFactory()),
	}, nil
}

func factories[F component.Factory](all ...F) map[component.Type]F {
	byType := map[component.Type]F{}
	for _, factory := range all {
		byType[factory.Type()] = factory
	}
	return byType
}
