"""The schema in code against the wire specification."""

from trading_agent.adapters.mexc.schema import MESSAGE_NAMES, PushDataV3ApiWrapper

WRAPPER = PushDataV3ApiWrapper.DESCRIPTOR


def test_all_messages_are_there() -> None:
    assert len(MESSAGE_NAMES) == 21
    assert {WRAPPER.file.message_types_by_name[name].full_name for name in MESSAGE_NAMES} == set(
        MESSAGE_NAMES
    )
    assert WRAPPER.file.package == ""


def test_the_wrapper_has_no_field_two_and_one_body() -> None:
    assert sorted(WRAPPER.fields_by_number) == [1, 3, 4, 5, 6, *range(301, 316)]
    body = WRAPPER.oneofs_by_name["body"]
    assert [field.number for field in body.fields] == list(range(301, 316))
    assert WRAPPER.fields_by_name["publicAggreDepths"].number == 313


def test_a_body_is_named_after_its_message() -> None:
    for field in WRAPPER.oneofs_by_name["body"].fields:
        expected = field.name[0].upper() + field.name[1:] + "V3Api"
        assert field.message_type.name == expected


def test_fields_added_in_2026_are_there() -> None:
    added = {
        "PublicAggreDealsV3ApiItem": ["tradeId"],
        "PublicLimitDepthsV3Api": ["lastOrderCreateTime"],
        "PublicAggreDepthsV3Api": ["lastOrderCreateTime"],
        "PublicAggreBookTickerV3Api": ["version", "lastOrderCreateTime"],
        "PublicBookTickerBatchV3Api": ["version", "lastOrderCreateTime"],
    }
    for name, fields in added.items():
        message = WRAPPER.file.message_types_by_name[name]
        assert [field.name for field in message.fields][-len(fields) :] == fields


def test_fields_are_numbered_without_holes_in_every_message_but_the_wrapper() -> None:
    for name in set(MESSAGE_NAMES) - {"PushDataV3ApiWrapper"}:
        numbers = list(WRAPPER.file.message_types_by_name[name].fields_by_number)
        assert numbers == list(range(1, len(numbers) + 1)), name


def test_optional_fields_know_whether_they_were_sent() -> None:
    message = PushDataV3ApiWrapper.FromString(b"\x1a\x00\x30\x00")
    assert message.HasField("symbol")
    assert message.HasField("sendTime")
    assert not message.HasField("symbolId")
    assert not message.HasField("createTime")
    order = PushDataV3ApiWrapper().privateOrders
    optional = [
        *("lastDealQuantity", "market", "triggerType", "triggerPrice", "state", "ocoId"),
        *("routeFactor", "symbolId", "marketId", "marketCurrencyId", "currencyId"),
    ]
    assert [field.name for field in order.DESCRIPTOR.fields if field.has_presence] == optional
