"""Signatures the exchange's documents and a maintained client made."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.mexc_frames import vectors
from trading_agent.adapters.mexc.signing import canonical_query, sign, signed_query


def test_every_documented_signature_is_reproduced() -> None:
    known = vectors("mexc_signature_vectors.json")["vectors"]
    assert len(known) == 3
    for vector in known:
        assert sign(vector["secret"], vector["totalParams"]) == vector["signature"]


def test_query_and_body_are_joined_without_a_separator() -> None:
    (mixed,) = (v for v in vectors("mexc_signature_vectors.json")["vectors"] if "body" in v)
    assert sign(mixed["secret"], mixed["query"] + mixed["body"]) == mixed["signature"]


def test_the_signature_printed_wrongly_in_the_documents_is_not_ours() -> None:
    first = vectors("mexc_signature_vectors.json")["vectors"][0]
    assert not sign(first["secret"], first["totalParams"]).startswith("323c96ab")


def test_a_recorded_cancellation_is_signed_alike() -> None:
    (cancel,) = vectors("mexc_rest/request.json")["methods"]["cancelOrder"]
    query = urlsplit(cancel["url"]).query
    params = [pair for pair in parse_qsl(query) if pair[0] != "signature"]
    assert signed_query("secretsecret", params) == query


def test_a_recorded_batch_is_escaped_alike() -> None:
    (batch,) = vectors("mexc_rest/request.json")["methods"]["createOrders"]
    query = urlsplit(batch["url"]).query
    unsigned = query.partition("&signature=")[0]
    assert canonical_query(parse_qsl(unsigned)) == unsigned


def test_every_recorded_request_is_spelt_alike() -> None:
    methods = vectors("mexc_rest/request.json")["methods"]
    queries = [urlsplit(case["url"]).query for cases in methods.values() for case in cases]
    assert len(queries) == 35
    for query in queries:
        assert canonical_query(parse_qsl(query)) == query


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("a b", "a%20b"),
        ('{"a":1}', "%7B%22a%22%3A1%7D"),
        ("a+b/c", "a%2Bb%2Fc"),
        ("-._~", "-._~"),
        ("é", "%C3%A9"),
    ],
)
def test_escapes_are_upper_case_and_a_space_is_not_a_plus(value: str, escaped: str) -> None:
    assert canonical_query([("name", value)]) == f"name={escaped}"
