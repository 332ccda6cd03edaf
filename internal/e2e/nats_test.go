package e2e_test

import _ "github.com/nats-io/nats.go/jetstream"
