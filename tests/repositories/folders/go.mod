module github.com/acme/parts/v2

go 1.25
