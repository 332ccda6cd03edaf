package generator

// Answers are the user's choices, from flags, prompts or an answers file. .otelgen.yaml stores exactly these under
// `answers:`.
type Answers struct {
	// Name of the service: a DNS label. Required.
	Name string `json:"name" yaml:"name"`
	// Module path of the generated Go module; example.com/NAME if empty.
	Module string `json:"module,omitempty" yaml:"module,omitempty"`
	// Presets maps an axis to the names chosen on it, in the order given. An absent axis gets its default.
	Presets map[string][]string `json:"presets,omitempty" yaml:"presets,omitempty"`
	// Entity is what the service is about, in the singular: lower-case words; DefaultEntity if empty.
	Entity string `json:"entity,omitempty" yaml:"entity,omitempty"`
	// EntityPlural overrides the plural derived from Entity.
	EntityPlural string `json:"entity-plural,omitempty" yaml:"entity_plural,omitempty"`
	// Fields describe the fields of the entity, as in "quantity:int:1..1000"; see package field.
	Fields []string `json:"fields,omitempty" yaml:"fields,omitempty"`
	// Options maps "axis/preset.key" (or "preset.key") to a value.
	Options map[string]string `json:"options,omitempty" yaml:"options,omitempty"`
	// Existing says that a project already has the entity. It is then accepted, even if templates have come to use its name.
	Existing bool `json:"-" yaml:"-"`
}

// DefaultEntity is the entity of a service whose answers name none.
const DefaultEntity = "order"
