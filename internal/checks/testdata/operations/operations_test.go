// Package operations_test calls operations that were added to openapi.yaml, and to nothing else, through the generated
// client. internal/checks puts it into a scratch copy of the module that has them.
package operations_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

const apiKey = "My API Key$canary"

// An exchange is an entry of exchanges.yaml.
type exchange struct {
	Operation string
	First     int // the status of the first response; 0 if the only one is that of Status
	Request   string
	Body      string
	Status    int
	Response  string
	Bad       []bad
}

// bad is what makes an exchange break the contract.
type bad struct {
	Request string
	Status  int
	In      string
	Swap    []string
	Breaks  []string
}

var (
	instance = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"
	device   = uuid.MustParse("d478ae29-dedc-1869-82f0-96104425f565")
	october  = time.Date(2025, 10, 1, 12, 0, 0, 0, time.UTC)
)

// calls has the call of each operation.
var calls = map[string]func(context.Context, *gcore.ClientWithResponses) (any, error){
	"listInstances": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		var status gcore.InstanceStatusOrCode
		if err := status.FromInstanceStatusOrCode1(gcore.InstanceStatusOrCode1ACTIVE); err != nil {
			return nil, err
		}
		return api.ListInstancesWithResponse(ctx, 1, 2, &gcore.ListInstancesParams{
			TagValue: []string{"a,b", "é"}, Ids: []string{instance, "d478ae29-dedc-4869-82f0-96104425f565"},
			OrderBy: new(gcore.InstanceOrderCreatedAsc), Status: &status, IP: new("2001:db8::1"), ChangesSince: &october,
			OnlyIsolated: new(true), Metadata: map[string]string{"env": "prod", "a&b": "[x]"},
		})
	},
	"createInstance": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		var external, subnet gcore.Interface
		err := errors.Join(
			external.FromExternalInterface(gcore.ExternalInterface{Type: gcore.ExternalInterfaceTypeExternal, IPFamily: new(gcore.ExternalInterfaceIPFamilyIpv4)}),
			subnet.FromSubnetInterface(gcore.SubnetInterface{Type: gcore.SubnetInterfaceTypeSubnet, SubnetID: device, Port: new(int32(22))}))
		if err != nil {
			return nil, err
		}
		return api.CreateInstanceWithResponse(ctx, 1, 2, gcore.CreateInstanceRequest{
			Flavor: "g1", Interfaces: []gcore.Interface{external, subnet}, UserData: []byte("hi"), Tags: &gcore.Tags{"env": "prod"},
		})
	},
	"updateInstance": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		return api.UpdateInstanceWithResponse(ctx, 1, 2, instance, gcore.UpdateInstanceRequest{
			Name: new("vm-2"), Tags: map[string]*string{"env": nil, "owner": new("me")},
		})
	},
	"deleteInstance": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		return api.DeleteInstanceWithResponse(ctx, 1, 2, instance, &gcore.DeleteInstanceParams{Volumes: []string{"a,b", "c"}, DeleteFloatings: new(false)})
	},
	"actOnInstance": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		var action gcore.InstanceAction
		if err := action.FromResizeAction(gcore.ResizeAction{Size: 2048}); err != nil {
			return nil, err
		}
		return api.ActOnInstanceWithResponse(ctx, 1, 2, instance, action)
	},
	"listFlavors": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		return api.ListFlavorsWithResponse(ctx, 1, 2, &gcore.ListFlavorsParams{IncludePrices: new(true), MaxPrice: new(16777217.25)})
	},
	"createSubnet": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		return api.CreateSubnetWithResponse(ctx, 1, 2, gcore.Subnet{
			Cidr: "192.168.10.0/24", GatewayIP: new("192.168.10.1"), DNSNameservers: []string{"8.8.4.4", "2001:db8::8"},
			HostRoutes: []gcore.HostRoute{{Destination: "10.0.3.1/24", Nexthop: "2001:db8::13"}},
		})
	},
	"listReservedFixedIPs": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		return api.ListReservedFixedIPsWithResponse(ctx, 1, 2, &gcore.ListReservedFixedIPsParams{DeviceID: &device})
	},
	"replaceProject": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		return api.ReplaceProjectWithResponse(ctx, 1, gcore.Project{
			Name: "seven", Contact: openapi_types.Email("a@example.com"), Homepage: new("https://example.com/a?b=c"),
		})
	},
	"createSecret": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		return api.CreateSecretWithResponse(ctx, 1, 2, gcore.CreateSecretRequest{Payload: []byte("secret"), Raw: new("any string"), Passphrase: new("correct horse")})
	},
	"listTasks": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		return api.ListTasksWithResponse(ctx, &gcore.ListTasksParams{
			State: &gcore.TaskStates{gcore.TaskStateNEW, gcore.TaskStateERROR}, ProjectID: &gcore.ProjectIDs{1, 9223372036854775807},
		})
	},
	"reportCosts": func(ctx context.Context, api *gcore.ClientWithResponses) (any, error) {
		return api.ReportCostsWithResponse(ctx, gcore.CostReportRequest{
			TimeFrom: time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC), TimeTo: time.Date(2025, 11, 1, 0, 0, 0, 0, time.FixedZone("", 3600)),
			Filters: map[string][]string{"type": {"traffic", "instance"}},
		})
	},
}

func exchanges(t *testing.T) (all []exchange) {
	t.Helper()
	data, err := os.ReadFile("exchanges.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(data, &all))
	require.Len(t, all, len(calls))
	return all
}

func newValidator(t *testing.T) *contract.Validator {
	t.Helper()
	v, err := contract.New()
	require.NoError(t, err)
	return v
}

// A server fails the first attempt if it should, and then responds as the exchange says, behind the checks of the contract.
func (e exchange) server(t *testing.T, v *contract.Validator) (url string, attempts *int) {
	attempts = new(int)
	checked := v.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Equal(t, e.Request, r.Method+" "+r.URL.RequestURI())
		if e.Body == "" {
			assert.Empty(t, body)
		} else {
			assert.JSONEq(t, e.Body, string(body))
		}
		id, _ := v.Operation(r)
		assert.Equal(t, e.Operation, id)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(e.Status)
		_, _ = io.WriteString(w, e.Response)
	}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*attempts++
		assert.Equal(t, "apikey "+apiKey, r.Header.Get("Authorization"))
		if *attempts == 1 && e.First != 0 {
			w.WriteHeader(e.First)
			return
		}
		checked.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, attempts
}

func client(t *testing.T, url string) *gcore.ClientWithResponses {
	t.Helper()
	cloud, err := gcore.NewCloud(gcore.Config{APIKey: apiKey, BaseURL: url, Backoff: func(int, time.Duration) time.Duration { return 0 }})
	require.NoError(t, err)
	return cloud.API()
}

// decoded returns what a response of the generated client holds for a status.
func decoded(response any, status int) any {
	return reflect.ValueOf(response).Elem().FieldByName("JSON" + strconv.Itoa(status)).Interface()
}

func TestCalls(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	for _, e := range exchanges(t) {
		t.Run(e.Operation, func(t *testing.T) {
			t.Parallel()
			url, attempts := e.server(t, v)
			response, err := calls[e.Operation](t.Context(), client(t, url))
			require.NoError(t, err)
			if e.First != 0 {
				assert.Equal(t, 2, *attempts)
			}
			got, err := json.Marshal(decoded(response, e.Status))
			require.NoError(t, err)
			assert.Equal(t, exact(t, e.Response), exact(t, string(got)))
		})
	}
}

// exact returns a JSON value with its numbers as they are written, but for trailing zeros, so that no rounding is missed. A
// null is as good as nothing.
func exact(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	require.NoError(t, decoder.Decode(&value), text)
	return plain(value)
}

func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if strings.Contains(v.String(), ".") {
			return strings.TrimSuffix(strings.TrimRight(v.String(), "0"), ".")
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return value
}

// An error response is decoded too, and the API key that it quotes is taken out.
func TestRefusedCalls(t *testing.T) {
	t.Parallel()
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, `{"exception_class": "AuthenticationError", "message": "Bad permanent token: `+apiKey+`"}`)
			}))
			defer server.Close()
			response, err := call(t.Context(), client(t, server.URL))
			require.NoError(t, err)
			refused, ok := decoded(response, http.StatusUnauthorized).(*gcore.Unauthorized)
			require.True(t, ok)
			assert.Equal(t, "AuthenticationError", refused.ExceptionClass)
			assert.NotContains(t, refused.Message, "canary")
		})
	}
}

func TestExchanges(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	for _, e := range exchanges(t) {
		assert.Empty(t, e.violations(t, v), e.Operation)
		for _, b := range e.Bad {
			assert.Equal(t, b.Breaks, e.broken(t, b).violations(t, v), "%s: %+v", e.Operation, b)
		}
	}
}

// broken returns the exchange with what b says.
func (e exchange) broken(t *testing.T, b bad) exchange {
	t.Helper()
	if b.Request != "" {
		e.Request = b.Request
	}
	if b.Status != 0 {
		e.Status = b.Status
	}
	place := map[string]*string{"body": &e.Body, "response": &e.Response}[b.In]
	if place != nil {
		require.Len(t, b.Swap, 2)
		require.Equal(t, 1, strings.Count(*place, b.Swap[0]), "%s is in one place", b.Swap[0])
		*place = strings.Replace(*place, b.Swap[0], b.Swap[1], 1)
	}
	return e
}

// violations returns those of the request and of the response, if the request is for an operation.
func (e exchange) violations(t *testing.T, v *contract.Validator) (lines []string) {
	t.Helper()
	method, target, _ := strings.Cut(e.Request, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(e.Body))
	r.Header.Set("Authorization", "apikey "+apiKey)
	if e.Body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	errs := []error{v.CheckRequest(r)}
	if id, _ := v.Operation(r); id != "" {
		errs = append(errs, v.CheckResponse(r, &http.Response{
			StatusCode: e.Status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewBufferString(e.Response)),
		}))
	}
	for _, err := range errs {
		found, _ := errors.AsType[contract.Violations](err)
		for _, violation := range found {
			lines = append(lines, strings.TrimSpace(violation.Part+" "+violation.Pointer)+": "+violation.Rule)
		}
	}
	return lines
}
