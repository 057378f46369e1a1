"""wechatpy, unmodified. test/sdks/setup.ts has what it is told, test/sdks/node/driver.ts what it answers."""

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "examples", "adapters"))

from keyring_client import KeyringClient
from wechatpy import WeChatClient, WeChatOAuth, parse_message
from wechatpy.crypto import WeChatCrypto

CALLERS = 50

setup = json.loads(os.environ["SDK_SETUP"])
base, key_base = setup["base"], setup["keyBase"]
appid, secret = setup["appid"], setup["secret"]
openids = setup["openids"]


class Client(WeChatClient):
    API_BASE_URL = f"{base}/cgi-bin/"

    def fetch_access_token(self):
        params = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        return self._fetch_access_token(url=f"{key_base}/cgi-bin/token", params=params)


class OAuth(WeChatOAuth):
    API_BASE_URL = f"{key_base}/"


class AdapterClient(KeyringClient):
    API_BASE_URL = f"{base}/cgi-bin/"


broker = setup.get("broker")
client = AdapterClient(appid, broker, secret) if broker else Client(appid, secret)
uploaded = {}


def refresh():
    client.fetch_access_token()
    return client.access_token


def followers():
    found = list(client.user.iter_followers())
    return {"count": len(found), "distinct": len(set(found)), "first": found[0], "last": found[-1]}


def upload():
    with open(setup["file"], "rb") as file:
        uploaded["media"] = client.media.upload("image", file)["media_id"]
    return uploaded["media"]


def add_material():
    with open(setup["file"], "rb") as file:
        uploaded["material"] = client.material.add("image", file)["media_id"]
    return uploaded["material"]


def digest(response):
    return hashlib.sha256(response.content).hexdigest()


def oauth():
    login = OAuth(appid, secret, "https://site.example/back", "snsapi_userinfo")
    grant = login.fetch_access_token(setup["code"])
    user = login.get_user_info(grant["openid"], grant["access_token"])
    return {"openid": user["openid"], "nickname": user["nickname"]}


def push():
    sent = setup["push"]
    query = sent["query"]
    crypto = WeChatCrypto(sent["token"], sent["aesKey"], appid)
    xml = crypto.decrypt_message(sent["body"], query["msg_signature"], query["timestamp"], query["nonce"])
    message = parse_message(xml)
    return {"event": message.event.lower(), "from": message.source}


STEPS = {
    "token": lambda: client.access_token,
    "refresh": refresh,
    "followers": followers,
    "info": lambda: client.user.get(openids[0])["openid"],
    "batch": lambda: [user["openid"] for user in client.user.get_batch(openids)],
    "ticket": lambda: client.jsapi.get_jsapi_ticket(),
    "template": lambda: client.message.send_template(
        openids[0], setup["template"], {"first": {"value": "Noon"}}
    )["msgid"],
    "upload": upload,
    "download": lambda: digest(client.media.download(uploaded["media"])),
    "add material": add_material,
    "get material": lambda: digest(client.material.get(uploaded["material"])),
    "oauth": oauth,
    "push": push,
}


def tell(line):
    print(json.dumps(line), flush=True)


def told(error):
    return f"{type(error).__name__}: {error}"


def call(_):
    try:
        client.user.get(openids[0])
        return None
    except Exception as error:
        return told(error)


for name, act in STEPS.items():
    if broker and name == "oauth":
        tell({"step": name, "missing": "an adapter brings no AppSecret"})
        continue
    try:
        tell({"step": name, "value": act()})
    except Exception as error:
        tell({"step": name, "error": told(error)})

tell({"step": "armed"})
sys.stdin.readline()
with ThreadPoolExecutor(CALLERS) as threads:
    failures = [failure for failure in threads.map(call, range(CALLERS)) if failure]
tell({"step": "storm", "value": {"succeeded": CALLERS - len(failures), "failure": next(iter(failures), None)}})
