"""Signs JSON Web Tokens for tests, also such as must not be taken (RFC 7515, RFC 7518, RFC 8037); keys are openssl's."""

import base64
import hashlib
import hmac
import json
import subprocess
from pathlib import Path


def b64(data):
    if not isinstance(data, bytes):
        data = (data if isinstance(data, str) else json.dumps(data)).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*words, data=None):
    return subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=True).stdout


MADE = {
    "RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "EC": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "OKP": ["-algorithm", "ED25519"],
}
OPTIONS = {
    "RS256": ["-sha256"],
    "PS256": ["-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"],
    "ES256": ["-sha256"],
}
KINDS = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}


def raw_of(der):
    """R and S of a signature in DER, 32 bytes each."""
    at, out = 2, b""
    for _ in range(2):
        size = der[at + 1]
        out += der[at + 2 : at + 2 + size].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + size
    return out


class Key:
    """A key pair, or a secret (HS256)."""

    def __init__(self, folder, alg, kid):
        self.alg, self.kid = alg, kid
        self.secret = hashlib.sha256(kid.encode()).digest()
        if alg == "HS256":
            return
        self.file = Path(folder) / f"{kid}.pem"
        openssl("genpkey", *MADE[KINDS[alg]], "-out", self.file)
        self.der = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        self.pem = openssl("pkey", "-in", self.file, "-pubout")

    def numbers(self):
        if self.alg == "HS256":
            return {"kty": "oct", "k": b64(self.secret)}
        if self.alg == "ES256":
            return {"kty": "EC", "crv": "P-256", "x": b64(self.der[-64:-32]), "y": b64(self.der[-32:])}
        if self.alg == "EdDSA":
            return {"kty": "OKP", "crv": "Ed25519", "x": b64(self.der[-32:])}
        modulus = openssl("rsa", "-in", self.file, "-noout", "-modulus").decode().split("=")[1].strip()
        return {"kty": "RSA", "n": b64(bytes.fromhex(modulus)), "e": "AQAB"}

    def jwk(self):
        return dict(self.numbers(), kid=self.kid, alg=self.alg, use="sig")

    def sign(self, data):
        if self.alg == "HS256":
            return hmac.new(self.secret, data, hashlib.sha256).digest()
        if self.alg != "EdDSA":
            made = openssl("dgst", *OPTIONS[self.alg], "-sign", self.file, data=data)
            return raw_of(made) if self.alg == "ES256" else made
        path = self.file.with_suffix(".data")
        path.write_bytes(data)
        return openssl("pkeyutl", "-sign", "-inkey", self.file, "-rawin", "-in", path)

    def token(self, claims, **header):
        head = {key: value for key, value in dict({"alg": self.alg, "kid": self.kid}, **header).items() if value is not None}
        signed = f"{b64(head)}.{b64(claims)}"
        return f"{signed}.{b64(self.sign(signed.encode()))}"
