// Package golden holds what the built-in presets write, and the test that keeps it so.
//
// presets/ has one archive for each preset: of the service with the defaults and this preset, only what the preset itself gives, its files whole
// and its fragments of shared files as "file#slot". services/ has some whole services, in which every preset takes part; go.sum is left out, as
// its digest stands in .otelgen.yaml. Each archive begins with the command that writes the service.
//
// The archives are written by `make golden` and never by hand. The package must not hold code that anything else needs.
package golden
