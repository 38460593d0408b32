// Package limit holds the bound on bodies that the client and the contract checks share.
package limit

// Body is the most bytes of a body that are read, also after decompression. The largest successful response that openapi.yaml
// allows, a page of 1,000 RSA keys of 16,384 bits, is a third of it.
const Body = 8 << 20
