"""wechatpy with the token of WeChat Keyring, without an AppSecret."""

import threading
import time

from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException


class KeyringClient(WeChatClient):
    """`account` is such as https://keyring.example.com/v1/accounts/default, `key` has token:read."""

    def __init__(self, appid, account, key, **options):
        super().__init__(appid, None, **options)
        self._account = account
        self._headers = {"Authorization": f"Bearer {key}"}
        self._answered = threading.local()

    def _handle_result(self, res, method=None, url=None, result_processor=None, **kwargs):
        self._answered.token = kwargs["params"]["access_token"]
        try:
            return super()._handle_result(res, method, url, result_processor, **kwargs)
        finally:
            self._answered.token = None

    def fetch_access_token(self):
        rejected = getattr(self._answered, "token", None)
        if rejected is None:
            return self._keep(self._http.get(f"{self._account}/token", headers=self._headers))
        report = {"access_token": rejected}
        token = self._keep(self._http.post(f"{self._account}/token/report", json=report, headers=self._headers))
        if not token["replaced"]:
            # The token was not the reason, and wechatpy would repeat the call without end.
            raise WeChatClientException(40001, "WeChat accepts the token.", client=self)
        return token

    def _keep(self, answer):
        answer.raise_for_status()
        token = answer.json()
        self.session.set(self.access_token_key, token["access_token"], token["expires_in"])
        self.expires_at = int(time.time()) + token["expires_in"]
        return token
