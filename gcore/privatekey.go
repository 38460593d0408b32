package gcore

type PrivateKey struct{ reveal func() string }
