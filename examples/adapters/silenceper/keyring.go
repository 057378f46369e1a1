// Package keyring gives github.com/silenceper/wechat/v2 the token of WeChat Keyring, without an AppSecret. The SDK does
// not look at what WeChat answers before its callers do, so that a rejected token is found where its requests are sent.
package keyring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Keyring is the SDK's AccessTokenHandle, and the Transport of its util.DefaultHTTPClient.
type Keyring struct {
	// Account is such as https://keyring.example.com/v1/accounts/default.
	Account string
	// Key has the scope token:read.
	Key string

	mutex sync.Mutex
	token string
	until time.Time
}

// GetAccessToken hands out the token while it is good.
func (keyring *Keyring) GetAccessToken() (string, error) {
	keyring.mutex.Lock()
	defer keyring.mutex.Unlock()
	if time.Now().Before(keyring.until) {
		return keyring.token, nil
	}
	_, err := keyring.ask(http.MethodGet, "/token", nil)
	return keyring.token, err
}

// RoundTrip sends a request, and once more where WeChat rejects the token and it is another one by then.
func (keyring *Keyring) RoundTrip(request *http.Request) (*http.Response, error) {
	used := request.URL.Query().Get("access_token")
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil || used == "" {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	var refusal struct {
		ErrCode int `json:"errcode"`
	}
	if json.Unmarshal(body, &refusal) != nil || !rejects(refusal.ErrCode) {
		return answer, nil
	}
	token, replaced, err := keyring.report(used)
	if err != nil || !replaced {
		return answer, nil
	}
	again := request.Clone(request.Context())
	query := again.URL.Query()
	query.Set("access_token", token)
	again.URL.RawQuery = query.Encode()
	if request.GetBody != nil {
		if again.Body, err = request.GetBody(); err != nil {
			return nil, err
		}
	}
	return http.DefaultTransport.RoundTrip(again)
}

func rejects(errcode int) bool {
	return errcode == 40001 || errcode == 40014 || errcode == 42001
}

// report tells of a rejected token, and whether there is another one.
func (keyring *Keyring) report(used string) (string, bool, error) {
	keyring.mutex.Lock()
	defer keyring.mutex.Unlock()
	if keyring.token != used {
		return keyring.token, true, nil
	}
	replaced, err := keyring.ask(http.MethodPost, "/token/report", map[string]string{"access_token": used})
	return keyring.token, replaced, err
}

func (keyring *Keyring) ask(method string, path string, body any) (bool, error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return false, err
	}
	request, err := http.NewRequest(method, keyring.Account+path, bytes.NewReader(sent))
	if err != nil {
		return false, err
	}
	request.Header.Set("Authorization", "Bearer "+keyring.Key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("the token broker answered %d", answer.StatusCode)
	}
	var token struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		Replaced    bool   `json:"replaced"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&token); err != nil {
		return false, err
	}
	keyring.token = token.AccessToken
	keyring.until = time.Now().Add(time.Duration(token.ExpiresIn-10) * time.Second)
	return token.Replaced, nil
}
