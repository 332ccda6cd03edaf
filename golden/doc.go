// Package golden holds what the built-in presets write, and the test that compares it with what they write now.
//
// presets/ has one archive for each preset: what its manifest declares, and what the preset changes in the default service. Files that are
// new are whole, the others are diffs, and files that the default service has unchanged are listed. services/ has three whole services.
// Machine-written code and go.sum stand there by number of lines and digest. Each archive begins with the command that writes the service.
//
// The archives are written by `make golden` and never by hand. The package must not hold code that anything else needs.
package golden
