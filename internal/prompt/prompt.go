// Package prompt asks at a terminal what no flag has answered. Every question and choice is data of the catalog; the
// package must not know any axis or preset, and writes nothing but the questions.
package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/AlecAivazis/survey/v2"
	"github.com/AlecAivazis/survey/v2/core"
	"github.com/AlecAivazis/survey/v2/terminal"
	"golang.org/x/term"

	"github.com/otelgen/otelgen/generator"
)

// Catalog is what is asked about: *generator.Catalog.
type Catalog interface {
	Axes() []generator.Axis
	Choices(axis string, sofar generator.Answers) ([]generator.Choice, error)
}

// Asker asks at one terminal.
type Asker struct {
	In       *os.File // a terminal
	Out      *os.File // where the questions go: a terminal, and not standard output, which is for results
	NoColour bool
	// Check reports what is wrong with answers that are complete but for defaults; the question is then asked again.
	Check func(generator.Answers) error
}

// Fill asks for what answers leaves open: the name, each axis that has a choice, and the module. The error is a
// *generator.Error of KindInterrupted when the user or ctx ends the questions.
func (a Asker) Fill(ctx context.Context, catalog Catalog, answers *generator.Answers) error {
	core.DisableColor = a.NoColour
	if answers.Name == "" {
		check := func(name string) error { return a.Check(generator.Answers{Name: name}) }
		if err := a.input(ctx, "Name of the service:", "", check, &answers.Name); err != nil {
			return err
		}
	}
	chosen := map[string][]string{}
	for axis, names := range answers.Presets {
		chosen[axis] = names
	}
	answers.Presets = chosen
	for _, axis := range catalog.Axes() {
		if chosen[axis.Name] != nil {
			continue
		}
		for _, group := range axis.Groups {
			if err := a.group(ctx, catalog, axis, group, answers); err != nil {
				return err
			}
		}
	}
	if answers.Module == "" {
		check := func(module string) error { return a.Check(generator.Answers{Name: answers.Name, Module: module}) }
		return a.input(ctx, "Go module path:", "example.com/"+answers.Name, check, &answers.Module)
	}
	return nil
}

// group asks for the presets of one group of an axis and adds them to answers. Only what fits to the answers so far is
// offered; what leaves no choice is not asked.
func (a Asker) group(ctx context.Context, catalog Catalog, axis generator.Axis, group generator.Group, answers *generator.Answers) error {
	choices, err := catalog.Choices(axis.Name, *answers)
	if err != nil {
		return err
	}
	choices = slices.DeleteFunc(choices, func(c generator.Choice) bool { return !c.Fits || c.Preset.Group != group.Name })
	slices.SortStableFunc(choices, func(x, y generator.Choice) int { // the default first
		switch {
		case x.Preset.Default && !y.Preset.Default:
			return -1
		case y.Preset.Default && !x.Preset.Default:
			return 1
		}
		return 0
	})
	one := group.Min == 1 && group.Max == 1
	switch {
	case len(choices) == 0:
		return nil // the selection says why nothing fits
	case one && len(choices) == 1:
		answers.Presets[axis.Name] = append(slices.Clip(answers.Presets[axis.Name]), choices[0].Preset.Name)
		return nil
	}
	var names []string
	for _, c := range choices {
		names = append(names, c.Preset.Name)
	}
	question := axis.Question
	if group.Name != "" {
		question += " (" + group.Name + ")"
	}
	describe := func(_ string, i int) string { return choices[i].Preset.Summary }
	if one {
		var name string
		err := a.ask(ctx, &survey.Select{Message: question, Options: names, Description: describe, PageSize: 12}, &name)
		if err == nil {
			answers.Presets[axis.Name] = append(slices.Clip(answers.Presets[axis.Name]), name)
		}
		return err
	}
	var picked []string
	bounds := func(v any) error {
		n := len(v.([]survey.OptionAnswer))
		if n < group.Min || group.Max >= 0 && n > group.Max {
			return fmt.Errorf("choose at least %d and at most %d", group.Min, group.Max)
		}
		return nil
	}
	err = a.ask(ctx, &survey.MultiSelect{Message: question, Options: names, Description: describe, PageSize: 12}, &picked, survey.WithValidator(bounds))
	if err == nil && len(picked) > 0 {
		answers.Presets[axis.Name] = append(slices.Clip(answers.Presets[axis.Name]), picked...)
	}
	return err
}

func (a Asker) input(ctx context.Context, message, preset string, check func(string) error, to *string) error {
	validate := func(v any) error {
		err := check(v.(string))
		if known := (*generator.Error)(nil); errors.As(err, &known) {
			return errors.New(strings.Join([]string{known.What, known.Why, known.Mend}, "; "))
		}
		return err
	}
	return a.ask(ctx, &survey.Input{Message: message, Default: preset}, to, survey.WithValidator(validate))
}

// ask asks one question. When ctx ends it returns at once, though the reader is still blocked: the process is about to end,
// and the terminal must be as it was.
func (a Asker) ask(ctx context.Context, p survey.Prompt, to any, opts ...survey.AskOpt) error {
	before, err := term.GetState(int(a.In.Fd()))
	if err != nil {
		return fmt.Errorf("the terminal's state: %w", err)
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("asking failed: %v", p)
			}
		}()
		done <- survey.AskOne(p, to, append(opts, survey.WithStdio(a.In, a.Out, a.Out))...)
	}()
	select {
	case err = <-done:
	case <-ctx.Done():
		term.Restore(int(a.In.Fd()), before)
		fmt.Fprint(a.Out, "\x1b[?25h\r\n") // the cursor, which survey hides
		err = terminal.InterruptErr
	}
	if errors.Is(err, terminal.InterruptErr) || errors.Is(err, io.EOF) {
		return &generator.Error{
			Kind: generator.KindInterrupted, Code: "interrupted", What: "interrupted: nothing was written",
			Why: "the questions were ended before the last was answered", Mend: "run the command again, or answer by flags and --no-input",
		}
	}
	return err
}
