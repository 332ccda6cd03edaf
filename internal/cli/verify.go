package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/progress"
	"github.com/otelgen/otelgen/internal/verify"
	"github.com/otelgen/otelgen/internal/version"
)

func (a *app) verifyCommand() *cobra.Command {
	var from sourceFlags
	var in projectDir
	o := verify.Options{}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Run a service and check its telemetry",
		Long: `verify builds the service, runs it by its development entry point with its own OTLP receiver, sends
it requests, and stops it with SIGTERM. It compares the received telemetry with what the presets
declare and with the semantic conventions.

The exit code is 5 if something is wrong. Your own additions are noted, and fail only with --strict.
The project is not changed. Servers that the development entry point does not start are those in its
variables, such as DATABASE_URL. The service writes to them, so use a separate database.`,
		Example: `  otelgen verify
  DATABASE_URL=postgres://localhost/verify otelgen verify shop
  otelgen verify --strict --format junit > verify.xml`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.prepareVerify(cmd.Context(), &o, in.dir, from); err != nil {
				return err
			}
			line := progress.Start(cmd.Context(), a.stderr, "starting")
			defer line.Stop()
			o.Step = line.Update
			report, err := verify.Run(cmd.Context(), o)
			line.Stop()
			if err != nil {
				return err
			}
			return a.reportVerify(report)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Var(
		junitFormat{&a.format},
		"format",
		"output format: text, json or junit",
	) // in place of the one that all commands have
	cmd.RegisterFlagCompletionFunc(
		"format",
		cobra.FixedCompletions([]string{"text", "json", "junit"}, cobra.ShellCompDirectiveNoFileComp),
	)
	f.BoolVar(&o.Strict, "strict", false, "treat notes as failures")
	f.DurationVar(
		&o.Timeout,
		"timeout",
		time.Minute,
		"how long to wait for the service to become ready, to confirm an entity, and to stop",
	)
	f.StringVar(&o.Body, "body", "", "`JSON` body that creates an entity, if you changed the API")
	cmd.RegisterFlagCompletionFunc("timeout", cobra.NoFileCompletions)
	cmd.RegisterFlagCompletionFunc("body", cobra.NoFileCompletions)
	from.addForProject(cmd)
	in.argument(cmd)
	return cmd
}

// prepareVerify finds out what the project in dir declares.
func (a *app) prepareVerify(ctx context.Context, o *verify.Options, dir string, from sourceFlags) error {
	if o.Timeout <= 0 {
		return &generator.Error{
			Kind: generator.KindAnswers,
			Code: "usage",
			What: "--timeout is " + o.Timeout.String(),
			Why:  "the timeout must be positive",
			Fix:  "give a duration such as --timeout 1m",
		}
	}
	loadedProject, err := a.open(ctx, dir, from)
	if err != nil {
		return err
	}
	selection, err := loadedProject.catalog.Select(loadedProject.project.Answers)
	if err != nil {
		return err
	}
	plan, err := selection.Plan()
	if err != nil {
		return err
	}
	o.Dir, o.Origin = loadedProject.root, loadedProject.project
	o.Contract, o.Provides, o.Name = plan.Contract(), selection.Provides, o.Origin.Answers.Name
	o.Version, o.Env = version.Get().Version, os.Environ()
	return nil
}

// reportVerify prints the outcome. That something is wrong is an error.
func (a *app) reportVerify(report *verify.Report) error {
	err := a.print(report, func(w *bytes.Buffer) {
		if a.format == formatJUnit {
			_ = report.JUnit(w) // to memory
			return
		}
		report.Text(w)
	})
	if err != nil || report.OK {
		return err
	}
	failed := report.Failed()
	names := strings.Join(failed[:min(3, len(failed))], ", ")
	if more := len(failed) - 3; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return &generator.Error{
		Kind: generator.KindDrift,
		Code: "verify-failed",
		What: fmt.Sprintf("the telemetry of %s fails verification: %s", report.Service, names),
		Why:  "the report above lists each problem and why it matters",
		Fix:  "correct the service, or the facts that its presets declare",
	}
}

// junitFormat is the value of --format of a command whose result CI systems can show as tests.
type junitFormat struct{ *formatFlag }

const formatJUnit formatFlag = "junit"

func (f junitFormat) Type() string { return "text|json|junit" }
func (f junitFormat) Set(s string) error {
	if s == string(formatJUnit) {
		*f.formatFlag = formatJUnit
		return nil
	}
	if f.formatFlag.Set(s) != nil {
		return errors.New("it is text, json or junit")
	}
	return nil
}
