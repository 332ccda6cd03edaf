// Package cli is the command line: one file per command. It turns arguments into answers, hands the built-in skeleton
// and presets to the generator, and says what came out: results on standard output, everything else on standard
// error. It must know no axis, no preset and nothing of what is generated.
package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf16"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/version"
	"github.com/otelgen/otelgen/internal/writer"
)

// app is one run of otelgen and all it touches of the outside.
type app struct {
	stdin          *os.File
	stdout, stderr io.Writer
	getenv         func(string) string
	skeleton       fs.FS
	builtin        generator.Source
	writer         writer.Writer
	args           []string

	format  formatFlag
	timings timings
	started bool // a command has begun: from here on an unknown error is no longer one of usage
}

// Main runs otelgen with the arguments of the process and returns its exit code.
func Main() int { return processApp().main(os.Args[1:]) }

// processApp is the app of this process.
func processApp() *app {
	return &app{
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		getenv:   os.Getenv,
		skeleton: skeleton,
		builtin:  builtin,
	}
}

func (a *app) main(args []string) (code int) {
	a.format, a.args = formatText, args
	a.timings.start()
	// The process ends long before its garbage is worth the collecting, unless something goes wrong.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(512 << 20)
	defer func() {
		if p := recover(); p != nil {
			stack := debug.Stack()
			if crash, ok := p.(*generator.Crash); ok { // of another goroutine
				p, stack = crash.Value, crash.Stack
			}
			code = a.fail(&generator.Error{
				Kind: generator.KindBug,
				Code: "panic",
				What: fmt.Sprintf("otelgen %s crashed: %v", version.Get().Version, p),
				Why:  "this is a bug in otelgen, not your mistake",
				Fix:  "please report the command and the lines below at " + issues,
			}, args)
			_, _ = a.stderr.Write(stack)
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	err := a.run(ctx, args)
	a.timings.report(a.stderr)
	if err != nil {
		return a.fail(err, args)
	}
	a.updateNotice(ctx)
	return 0
}

const issues = "https://github.com/otelgen/otelgen/issues"

func (a *app) run(ctx context.Context, args []string) error {
	root, err := a.root()
	if err != nil {
		return err
	}
	root.SetArgs(args)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err = root.ExecuteContext(ctx)
	if known := (*generator.Error)(nil); err != nil && !a.started && !errors.As(err, &known) {
		return usage(root, args, err)
	}
	return err
}

func (a *app) root() (*cobra.Command, error) {
	root := &cobra.Command{
		Use:   "otelgen",
		Short: "Generate complete, observable Go services",
		Long: `otelgen combines presets into a complete Go service that emits traces, metrics and logs from the
first request on.

  otelgen new shop            asks a few questions and writes ./shop
  otelgen new shop --no-input takes the defaults
  otelgen list                shows what can be combined`,
		Version:           version.Get().Version,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRun:  func(*cobra.Command, []string) { a.started = true; a.timings.mark("command line") },
	}
	root.SetHelpFunc(a.help)
	root.PersistentFlags().Var(&a.format, "format", "output format: text or json")
	root.RegisterFlagCompletionFunc(
		"format",
		cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp),
	)
	newCmd, err := a.newCommand()
	if err != nil {
		return nil, err
	}
	root.AddCommand(newCmd)
	root.AddCommand(a.changeCommands()...)
	root.AddCommand(
		a.diffCommand(),
		a.checkCommand(),
		a.ejectCommand(),
		a.undoCommand(),
		a.listCommand(),
		a.showCommand(),
		a.explainCommand(),
		a.presetCommand(),
		a.verifyCommand(),
		a.versionCommand(),
		a.completionCommand(),
		a.manCommand(),
	)
	return root, nil
}

// usage makes an error of cobra's, about the arguments, one of otelgen's.
func usage(root *cobra.Command, args []string, err error) error {
	what, _, _ := strings.Cut(err.Error(), "\n")
	cmd, _, findErr := root.Find(args)
	if findErr != nil {
		cmd = root
	}
	fix := "see " + cmd.CommandPath() + " --help"
	if strings.Contains(what, " arg(s)") {
		what, fix = cmd.CommandPath()+" "+strings.Replace(
			what,
			" arg(s)",
			" argument(s)",
			1,
		), "write it as in: "+cmd.UseLine()
	}
	if flag, ok := strings.CutPrefix(what, "unknown flag: --"); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := generator.Nearest(flag, names); near != "" {
			fix = "did you mean --" + near + "? " + fix
		}
	} else if near := root.SuggestionsFor(firstOf(args)); findErr != nil && len(near) > 0 {
		fix = "did you mean otelgen " + near[0] + "? " + fix
	}
	return &generator.Error{
		Kind: generator.KindAnswers,
		Code: "usage",
		What: what,
		Why:  "otelgen does not understand this command line",
		Fix:  fix,
	}
}

// firstOf returns the first argument that is no flag.
func firstOf(args []string) string {
	i := slices.IndexFunc(args, func(s string) bool { return !strings.HasPrefix(s, "-") })
	if i < 0 {
		return ""
	}
	return args[i]
}

// fail reports err on standard error and returns the exit code. The first of several joined errors decides the code.
func (a *app) fail(err error, args []string) int {
	asJSON := a.format == formatJSON || slices.Contains(args, "--format=json") // the command line may be what is wrong
	if i := slices.Index(args, "--format"); i >= 0 && i+1 < len(args) && args[i+1] == "json" {
		asJSON = true
	}
	all := flatten(err)
	var b bytes.Buffer
	for _, e := range all {
		if !asJSON {
			fmt.Fprintln(&b, "otelgen:", e)
			continue
		}
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(e)
	}
	if asJSON {
		b = *bytes.NewBuffer(escapeJSON(b.Bytes()))
	}
	_, _ = a.stderr.Write(b.Bytes())
	return all[0].Kind.ExitCode()
}

// flatten returns the errors that err joins, each as an error of otelgen's. Any other is a bug.
func flatten(err error) []*generator.Error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*generator.Error
		for _, e := range joined.Unwrap() {
			all = append(all, flatten(e)...)
		}
		return all
	}
	var known *generator.Error
	if errors.As(err, &known) {
		return []*generator.Error{known}
	}
	bug := &generator.Error{
		Kind: generator.KindBug,
		Code: "bug",
		What: err.Error(),
		Why:  "unexpected error: this is a bug in otelgen, not your mistake",
		Fix:  "please report it, with the command, at " + issues,
	}
	return []*generator.Error{bug}
}

// print writes a result to standard output: v as JSON, or what text writes, without characters that a terminal would
// obey.
func (a *app) print(v any, text func(w *bytes.Buffer)) error {
	return a.printRaw(v, func(w *bytes.Buffer) {
		text(w)
		*w = *bytes.NewBufferString(generator.Visible(w.String()))
	})
}

// printRaw is print for text that is fit for a terminal already.
func (a *app) printRaw(v any, text func(w *bytes.Buffer)) error {
	var b bytes.Buffer
	if a.format == formatJSON {
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(v); err != nil {
			return err
		}
		b = *bytes.NewBuffer(escapeJSON(b.Bytes()))
	} else {
		text(&b)
	}
	if _, err := a.stdout.Write(b.Bytes()); err != nil {
		return &generator.Error{
			Kind: generator.KindTarget, Code: "output", What: "cannot write the result to standard output", Why: err.Error(),
			Fix: "check where the output of the command goes",
		}
	}
	return nil
}

// escapeJSON writes control and format characters, which JSON allows in strings, as escapes.
func escapeJSON(text []byte) []byte {
	if !bytes.ContainsFunc(text, obeyed) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		if !obeyed(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}

func obeyed(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }

// width is that of the terminal which standard output is, if it is one; else nothing limits a line.
func (a *app) width() int {
	if out, ok := a.stdout.(*os.File); ok {
		if width, _, err := term.GetSize(int(out.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return math.MaxInt
}

// formatFlag is the value of --format.
type formatFlag string

const (
	formatText formatFlag = "text"
	formatJSON formatFlag = "json"
)

func (f *formatFlag) String() string { return string(*f) }
func (f *formatFlag) Type() string   { return "text|json" }
func (f *formatFlag) Set(s string) error {
	if s != string(formatText) && s != string(formatJSON) {
		return errors.New("it is text or json")
	}
	*f = formatFlag(s)
	return nil
}
