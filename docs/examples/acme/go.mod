module example.com/acme/presets

go 1.26
