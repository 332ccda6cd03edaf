package generator

import "maps"

// Contract is what a service declares of itself, with every text filled in: what it reads, where its parts live, what it reports.
type Contract struct {
	Entity   Entity
	Env      []Env
	Sections []Section
	Ports    []Port
	Servers  []Server
	Spans    []Span
	Metrics  []Metric
	Dirs     map[string]string // role → directory
}

// Contract returns what the service declares.
func (p *Plan) Contract() Contract {
	c := p.context
	return Contract{
		Entity: c.Entity, Env: c.Env, Sections: c.Sections, Ports: c.Ports, Servers: c.Servers, Spans: c.Spans, Metrics: c.Metrics, Dirs: maps.Clone(p.layout.dirs),
	}
}

// Provides reports whether a chosen preset or the skeleton provides the capability.
func (s *Selection) Provides(capability string) bool { return s.provides(capability) }

// Entity returns what the service is about.
func (s *Selection) Entity() Entity { return s.entity }
