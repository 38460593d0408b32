// Command floor creates one key with net/http and encoding/json.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	body, err := json.Marshal(map[string]string{"name": "my-ssh-key"})
	if err != nil {
		log.Fatal(err)
	}
	url := "https://api.gcore.com/cloud/v1/ssh_keys/" + os.Getenv("GCORE_CLOUD_PROJECT_ID")
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body)) //nolint:gosec // the project is in the environment
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "apikey "+os.Getenv("GCORE_API_KEY"))
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req) //nolint:gosec // the same
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var key struct {
		ID         string
		PrivateKey string `json:"private_key"`
	}
	if resp.StatusCode != http.StatusCreated {
		log.Fatal(resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(&key); err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.ID)
}
