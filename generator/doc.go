// Package generator turns answers into the files of a service: answers → selection → plan → tree.
//
// It is pure: it reads the file systems that it is handed and nothing else, no disk, clock, network or environment, and
// the same input gives the same bytes. It knows no preset by name. Everything about the Go language is in the package
// golang below it. It writes nothing: that is the writer's job.
package generator
