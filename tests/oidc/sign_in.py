"""Signs in at an OpenID Connect provider as its form would, and prints the ID token.

Usage: sign_in.py ISSUER SUBJECT AUDIENCE
"""

import json
import sys
import urllib.parse
import urllib.request

REDIRECT = "http://127.0.0.1/back"


class Stay(urllib.request.HTTPRedirectHandler):
    """Nobody listens where the browser is sent back to."""

    def redirect_request(self, *_):
        return None


def post(url: str, form: dict[str, str]) -> urllib.request.Request:
    return urllib.request.Request(url, urllib.parse.urlencode(form).encode())


def main(issuer: str, subject: str, audience: str) -> None:
    query = {
        "client_id": audience,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid",
        "state": "s",
    }
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)
    authorize = f"{issuer}/oauth2/authorize?{urllib.parse.urlencode(query)}"
    try:
        opener.open(post(authorize, {"sub": subject}))
        sys.exit("the provider did not send the browser back")
    except urllib.error.HTTPError as answer:
        back = urllib.parse.urlparse(answer.headers["Location"])
    (code,) = urllib.parse.parse_qs(back.query)["code"]
    grant = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": audience,
        "client_secret": "any",
    }
    with opener.open(post(f"{issuer}/oauth2/token", grant)) as answer:
        print(json.load(answer)["id_token"])


if __name__ == "__main__":
    main(*sys.argv[1:])
