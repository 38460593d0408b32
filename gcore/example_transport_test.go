package gcore_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// An observer is a transport that reports each request, as otelhttp's does. It sees the API key in the request's header and private
// keys in responses, so it reports nothing of headers, bodies and queries.
type observer struct {
	next   http.RoundTripper
	report func(method, path string, status int, took time.Duration)
}

// RoundTrip sends the request once, with its own context or with one that is derived from it: the client has hooks in the context that
// tell it whether a create was sent.
func (o observer) RoundTrip(req *http.Request) (*http.Response, error) {
	start, status := time.Now(), 0
	resp, err := o.next.RoundTrip(req)
	if resp != nil {
		status = resp.StatusCode
	}
	o.report(req.Method, req.URL.Path, status, time.Since(start))
	return resp, err
}

// A transport sees the API key and private keys: use one that you trust with them.
func ExampleConfig_roundTripper() {
	server, err := gcoretest.Start()
	if err != nil {
		log.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	config := server.Config() // a program begins with gcore.Config{}
	config.HTTPClient = &http.Client{Transport: observer{transport, func(method, path string, status int, _ time.Duration) {
		fmt.Println(method, path, status)
	}}}
	config.MaxRetries = -1
	cloud, err := gcore.NewCloud(config)
	if err != nil {
		log.Fatal(err)
	}
	ctx, request := context.Background(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"}
	if _, err := cloud.SSHKeys(1).Create(ctx, request); err != nil {
		log.Fatal(err)
	}

	server.Close()
	_, err = cloud.SSHKeys(1).Create(ctx, request)
	var unknown *gcore.UnknownOutcomeError
	fmt.Println("failed:", err != nil, "may have been carried out:", errors.As(err, &unknown))
	// Output:
	// POST /cloud/v1/ssh_keys/1 201
	// POST /cloud/v1/ssh_keys/1 0
	// failed: true may have been carried out: false
}

// Without any code, $HTTPS_PROXY names a proxy. This is for a proxy that the environment does not name, and for a certificate
// authority that the system does not know, such as that of a proxy which looks into TLS: such a proxy sees the API key and private keys.
func ExampleConfig_proxy() {
	gateway := startGateway()
	defer gateway.close()

	proxy, err := url.Parse(gateway.proxyURL)
	if err != nil {
		log.Fatal(err)
	}
	authorities, err := x509.SystemCertPool()
	if err != nil {
		log.Fatal(err)
	}
	if !authorities.AppendCertsFromPEM(gateway.authority) { // the content of a file, such as company-ca.pem
		log.Fatal("there is no certificate")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	transport.Proxy = http.ProxyURL(proxy)
	transport.TLSClientConfig = &tls.Config{RootCAs: authorities}

	config := gateway.config // a program begins with gcore.Config{}
	config.HTTPClient = &http.Client{Transport: transport}
	cloud, err := gcore.NewCloud(config)
	if err != nil {
		log.Fatal(err)
	}
	key, err := cloud.SSHKeys(1).Create(context.Background(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Name, "through the proxy:", gateway.tunnels())
	// Output: my-ssh-key through the proxy: 1
}

// A gateway is a Gcore in memory whose certificate no system knows, and a proxy.
type gateway struct {
	authority []byte
	proxyURL  string
	config    gcore.Config
	tunnels   func() int
	close     func()
}

func startGateway() gateway {
	server, err := gcoretest.Start()
	if err != nil {
		log.Fatal(err)
	}
	secure := httptest.NewTLSServer(server.Handler)
	var mu sync.Mutex
	tunnels := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		tunnels++
		mu.Unlock()
		connect(w, r)
	}))
	config := server.Config()
	config.BaseURL = secure.URL
	return gateway{
		authority: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}),
		proxyURL:  proxy.URL,
		config:    config,
		tunnels: func() int {
			mu.Lock()
			defer mu.Unlock()
			return tunnels
		},
		close: func() {
			secure.Close()
			proxy.Close()
			server.Close()
		},
	}
}

// connect serves a CONNECT request until both sides have closed.
func connect(w http.ResponseWriter, r *http.Request) {
	server, err := net.Dial("tcp", r.Host)
	if err != nil {
		http.Error(w, "cannot connect", http.StatusBadGateway)
		return
	}
	defer func() { _ = server.Close() }()
	client, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = client.Close() }()
	_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	})
	_, _ = io.Copy(client, server)
	_ = client.Close()
	up.Wait()
}
