// Command sdks drives github.com/silenceper/wechat/v2, unmodified. test/sdks/setup.ts has what it is told,
// test/sdks/node/driver.ts what it answers.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"

	"example.com/keyring"
	"github.com/silenceper/wechat/v2"
	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/credential"
	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/material"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/officialaccount/user"
	"github.com/silenceper/wechat/v2/util"
	"github.com/sirupsen/logrus"
)

const callers = 50

var takesSecret = regexp.MustCompile(`/cgi-bin/(stable_)?token\b|/sns/oauth2/access_token\b`)

type setup struct {
	Base     string   `json:"base"`
	KeyBase  string   `json:"keyBase"`
	Broker   string   `json:"broker"`
	AppID    string   `json:"appid"`
	Secret   string   `json:"secret"`
	OpenIDs  []string `json:"openids"`
	Template string   `json:"template"`
	File     string   `json:"file"`
	Code     string   `json:"code"`
	Push     struct {
		Token  string            `json:"token"`
		AESKey string            `json:"aesKey"`
		Query  map[string]string `json:"query"`
		Body   string            `json:"body"`
	} `json:"push"`
}

// missing is why the SDK has no such call.
type missing string

func (reason missing) Error() string { return string(reason) }

type step struct {
	name string
	act  func() (any, error)
}

func main() {
	var given setup
	if err := json.Unmarshal([]byte(os.Getenv("SDK_SETUP")), &given); err != nil {
		panic(err)
	}
	// What the SDK logs must not stand between the answers.
	logrus.SetOutput(os.Stderr)
	// What leads the SDK elsewhere. Where all calls go to one place, it is a line.
	util.SetURIModifier(func(uri string) string {
		base := given.Base
		if takesSecret.MatchString(uri) {
			base = given.KeyBase
		}
		return strings.Replace(uri, "https://api.weixin.qq.com", base, 1)
	})
	account := wechat.NewWechat().GetOfficialAccount(&config.Config{
		AppID:          given.AppID,
		AppSecret:      given.Secret,
		Token:          given.Push.Token,
		EncodingAESKey: given.Push.AESKey,
		Cache:          cache.NewMemory(),
	})
	if given.Broker != "" {
		adapter := &keyring.Keyring{Account: given.Broker, Key: given.Secret}
		account.SetAccessTokenHandle(adapter)
		util.DefaultHTTPClient = &http.Client{Transport: adapter}
	}
	for _, each := range stepsOf(account, given) {
		if given.Broker != "" && each.name == "oauth" {
			tell(map[string]any{"step": each.name, "missing": "an adapter brings no AppSecret"})
			continue
		}
		if given.Broker != "" && each.name == "refresh" {
			tell(map[string]any{"step": each.name, "missing": "the broker decides when the token is refreshed"})
			continue
		}
		value, err := each.act()
		var absent missing
		switch {
		case errors.As(err, &absent):
			tell(map[string]any{"step": each.name, "missing": string(absent)})
		case err != nil:
			tell(map[string]any{"step": each.name, "error": err.Error()})
		default:
			tell(map[string]any{"step": each.name, "value": value})
		}
	}
	tell(map[string]any{"step": "armed"})
	bufio.NewScanner(os.Stdin).Scan()
	storm(func() error {
		_, err := account.GetUser().GetUserInfo(given.OpenIDs[0])
		return err
	})
}

func stepsOf(account *officialaccount.OfficialAccount, given setup) []step {
	return []step{
		{"token", func() (any, error) { return account.GetAccessToken() }},
		{"refresh", func() (any, error) {
			handle := credential.NewStableAccessToken(given.AppID, given.Secret, credential.CacheKeyOfficialAccountPrefix, cache.NewMemory())
			stable, ok := handle.(*credential.StableAccessToken)
			if !ok {
				return nil, errors.New("not the stable token of the SDK")
			}
			answer, err := stable.GetAccessTokenDirectly(context.Background(), true)
			return answer.AccessToken, err
		}},
		{"followers", func() (any, error) {
			openids, err := account.GetUser().ListAllUserOpenIDs()
			if err != nil {
				return nil, err
			}
			return summary(openids), nil
		}},
		{"info", func() (any, error) {
			info, err := account.GetUser().GetUserInfo(given.OpenIDs[0])
			if err != nil {
				return nil, err
			}
			return info.OpenID, nil
		}},
		{"batch", func() (any, error) { return batch(account, given.OpenIDs) }},
		{"ticket", func() (any, error) {
			token, err := account.GetAccessToken()
			if err != nil {
				return nil, err
			}
			return account.GetJs().GetTicket(token)
		}},
		{"template", func() (any, error) {
			return account.GetTemplate().Send(&message.TemplateMessage{
				ToUser:     given.OpenIDs[0],
				TemplateID: given.Template,
				Data:       map[string]*message.TemplateDataItem{"first": {Value: "Noon"}},
			})
		}},
		{"upload", func() (any, error) {
			media, err := account.GetMaterial().MediaUpload(material.MediaTypeImage, given.File)
			return media.MediaID, err
		}},
		{"download", func() (any, error) {
			return nil, missing("it only hands out a link to api.weixin.qq.com")
		}},
		{"add material", func() (any, error) {
			id, _, err := account.GetMaterial().AddMaterial(material.MediaTypeImage, given.File)
			return id, err
		}},
		{"get material", func() (any, error) { return nil, missing("it reads articles alone") }},
		{"oauth", func() (any, error) {
			grant, err := account.GetOauth().GetUserAccessToken(given.Code)
			if err != nil {
				return nil, err
			}
			user, err := account.GetOauth().GetUserInfo(grant.AccessToken, grant.OpenID, "zh_CN")
			return map[string]any{"openid": user.OpenID, "nickname": user.Nickname}, err
		}},
		{"push", func() (any, error) { return push(account, given) }},
	}
}

func summary(openids []string) any {
	distinct := map[string]bool{}
	for _, openid := range openids {
		distinct[openid] = true
	}
	return map[string]any{
		"count": len(openids), "distinct": len(distinct), "first": openids[0], "last": openids[len(openids)-1],
	}
}

func batch(account *officialaccount.OfficialAccount, openids []string) (any, error) {
	list := make([]user.BatchGetUserListItem, len(openids))
	for index, openid := range openids {
		list[index] = user.BatchGetUserListItem{OpenID: openid, Lang: "zh_CN"}
	}
	answer, err := account.GetUser().BatchGetUserInfo(user.BatchGetUserInfoParams{UserList: list})
	if err != nil {
		return nil, err
	}
	found := make([]string, len(answer.UserInfoList))
	for index, each := range answer.UserInfoList {
		found[index] = each.OpenID
	}
	return found, nil
}

func push(account *officialaccount.OfficialAccount, given setup) (any, error) {
	query := url.Values{}
	for name, value := range given.Push.Query {
		query.Set(name, value)
	}
	request := httptest.NewRequest("POST", "/?"+query.Encode(), strings.NewReader(given.Push.Body))
	server := account.GetServer(request, httptest.NewRecorder())
	var received any
	server.SetMessageHandler(func(pushed *message.MixMessage) *message.Reply {
		received = map[string]any{"event": strings.ToLower(string(pushed.Event)), "from": pushed.FromUserName}
		return nil
	})
	err := server.Serve()
	return received, err
}

func storm(ask func() error) {
	failures := make(chan error, callers)
	var calls sync.WaitGroup
	for call := 0; call < callers; call++ {
		calls.Add(1)
		go func() {
			defer calls.Done()
			if err := ask(); err != nil {
				failures <- err
			}
		}()
	}
	calls.Wait()
	close(failures)
	value := map[string]any{"succeeded": callers - len(failures)}
	if failure, ok := <-failures; ok {
		value["failure"] = failure.Error()
	}
	tell(map[string]any{"step": "storm", "value": value})
}

func tell(line map[string]any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
