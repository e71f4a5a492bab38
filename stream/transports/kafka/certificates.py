"""TLS contexts from files, with a sentence for each file that cannot be used."""

from __future__ import annotations

import ssl

from models.errors import InvalidParameter
from stream.transports.kafka.options import TlsOptions

NO_PASSWORD = ""
"""Given None in its place, OpenSSL asks for the password of an encrypted key on the terminal."""


def checked_context(tls: TlsOptions) -> ssl.SSLContext:
    """A client's context: TLS 1.2 at least, brokers' certificates always verified.

    Raises InvalidParameter for a file that cannot be used.
    """
    context = trusting("ca_file", "TLS", tls.ca_file)
    context.check_hostname = tls.check_hostname
    if tls.cert_file is None:
        return context
    _readable("cert_file", tls.cert_file)
    _readable("key_file", tls.key_file or tls.cert_file)
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file, tls.key_password or NO_PASSWORD)
    except (ssl.SSLError, OSError, ValueError) as error:
        rule = "the PEM file of the private key of cert_file, which key_password opens"
        raise InvalidParameter("key_file", "TLS", rule, tls.key_file) from error
    return context


def trusting(field: str, owner: str, ca_file: str | None) -> ssl.SSLContext:
    """A client's context that trusts the authorities of a PEM file, or those of the system."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(ca_file)
    except (ssl.SSLError, OSError, ValueError) as error:
        rule = "a PEM file of certificates that can be read"
        raise InvalidParameter(field, owner, rule, ca_file) from error
    return context


def _readable(field: str, path: str) -> None:
    try:
        with open(path, "rb"):
            return
    except (OSError, ValueError) as error:
        raise InvalidParameter(field, "TLS", "a file that can be read", path) from error
