package generator

import "github.com/otelgen/otelgen/generator/signals"

// Axis is a question that presets answer.
type Axis struct {
	Name     string  `json:"name"`
	Title    string  `json:"title"`
	Question string  `json:"question"`
	Groups   []Group `json:"groups"` // at least one; a plain axis has one unnamed group of exactly one preset
	Row      string  `json:"-"`      // where dashboards show what its presets report
	// Independent says that its presets change no Go code of another preset: with each other preset they are tried once.
	Independent bool `json:"independent,omitempty"`
}

// Group bounds how many presets of an axis may be chosen. Max is -1 for any number.
type Group struct {
	Name string `json:"name,omitempty"`
	Min  int    `json:"min"`
	Max  int    `json:"max"`
	Row  string `json:"-"` // that of the axis, unless it is given

	Question string `json:"-"` // that of the axis, unless it is given
}

func (a *Axis) group(name string) *Group {
	for i := range a.Groups {
		if a.Groups[i].Name == name {
			return &a.Groups[i]
		}
	}
	return nil
}

// Max returns how many presets of a group may be chosen, -1 for any number.
func (a *Axis) Max(group string) int {
	if g := a.group(group); g != nil {
		return g.Max
	}
	return 0
}

func (a *Axis) groupNames() (names []string) {
	for _, g := range a.Groups {
		if g.Name != "" {
			names = append(names, g.Name)
		}
	}
	return names
}

// Preset is one answer on an axis, as its manifest declares it.
type Preset struct {
	Axis      string            `json:"axis"`
	Name      string            `json:"name"`
	Source    string            `json:"source"` // name of the Source it came from
	Title     string            `json:"title"`
	Summary   string            `json:"summary"`
	Order     int               `json:"order"`
	Default   bool              `json:"default,omitempty"`
	Group     string            `json:"group,omitempty"`
	Provides  []string          `json:"provides,omitempty"`
	Requires  []Rule            `json:"requires,omitempty"`
	Conflicts []Rule            `json:"conflicts,omitempty"`
	Options   []Option          `json:"options,omitempty"` // sorted by name
	Modules   map[string]string `json:"modules,omitempty"`
	Layout    map[string]string `json:"layout,omitempty"`
	Facts     []string          `json:"facts,omitempty"` // names of the shared facts that it uses, whose content is in what follows
	Env       []Env             `json:"env,omitempty"`
	Ports     []Port            `json:"ports,omitempty"` // those of the servers included
	Servers   []Server          `json:"servers,omitempty"`
	Events    []string          `json:"events,omitempty"` // what happens to an entity that the use cases handle, such as created
	Spans     []Span            `json:"spans,omitempty"`
	Metrics   []Metric          `json:"metrics,omitempty"`
	// Types says what the types of fields are in a database: type → column type.
	Types map[string]string `json:"types,omitempty"`

	dir *folder
}

// ID is "axis/name", the owner of what the preset writes.
func (p *Preset) ID() string {
	if p.Axis == "" {
		return skeletonName
	}
	return p.Axis + "/" + p.Name
}

// Rule is a required or refused capability, with the reason that users see.
type Rule struct {
	Capability string `json:"capability"`
	Reason     string `json:"reason"`

	line int
}

// Option is a setting of one preset. Default is the text form of its Type: string, int, bool or enum.
type Option struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Default string   `json:"default"`
	Summary string   `json:"summary"`
	Values  []string `json:"values,omitempty"` // of an enum
	Min     *int64   `json:"min,omitempty"`    // of an int
	Max     *int64   `json:"max,omitempty"`

	Requires []Rule `json:"requires,omitempty"` // of a bool that is on
}

// Env is an environment variable that the generated service reads. One with a Field is part of the service's
// typed configuration; one without is read by a library and only documented. Without a Default it has the address of the server of its preset
// that provides it, if there is one.
type Env struct {
	Name    string `json:"name"`
	Section string `json:"section,omitempty"`
	Field   string `json:"field,omitempty"`
	Type    string `json:"type"` // text, int, bool, duration, url, address, level
	Default string `json:"default"`
	Secret  bool   `json:"secret,omitempty"`
	Develop string `json:"development,omitempty"` // value that cmd/dev and Compose set
	Summary string `json:"summary"`
	When    string `json:"when,omitempty"` // its condition: capabilities and options.NAME[=VALUE], with ! those that must be absent
	Owner   string `json:"owner,omitempty"`

	where string
}

// Port is a TCP port that something in the development set-up listens on.
type Port struct {
	Port    int    `json:"port"`
	Inside  int    `json:"inside,omitempty"` // of a server: the port that other containers use, if it is another one
	Summary string `json:"summary"`
	When    string `json:"when,omitempty"` // its condition, as of Env
	Owner   string `json:"owner,omitempty"`
}

// Span declares spans that the generated service emits.
type Span struct {
	Names       []string `json:"names"`
	Kind        string   `json:"kind"`
	Attributes  []string `json:"attributes,omitempty"` // on every such span
	Optional    []string `json:"optional,omitempty"`   // on some
	Summary     string   `json:"summary"`
	Conditional bool     `json:"conditional,omitempty"` // not seen in an ordinary run
	When        string   `json:"when,omitempty"`        // its condition, as of Env
	Owner       string   `json:"owner,omitempty"`

	where string
}

// Metric declares a metric that the generated service emits.
type Metric struct {
	Name        string              `json:"name"`
	Instrument  string              `json:"instrument"`
	Unit        string              `json:"unit"`
	Attributes  []string            `json:"attributes,omitempty"`
	Optional    []string            `json:"optional,omitempty"`
	Summary     string              `json:"summary"`
	Conditional bool                `json:"conditional,omitempty"`
	When        string              `json:"when,omitempty"`
	Owner       string              `json:"owner,omitempty"`
	Objectives  []signals.Objective `json:"objectives,omitempty"`
	Alerts      []signals.Threshold `json:"alerts,omitempty"`

	where string
}

// Choice is a preset as a prompt offers it: whether it fits with what was chosen so far, and if not, why.
type Choice struct {
	Preset *Preset
	Fits   bool
	Why    string
}
