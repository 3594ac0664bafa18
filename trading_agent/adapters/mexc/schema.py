"""The exchange's protobuf messages (proto3, no package), their descriptor built in code.

Source: mexcdevelop/websocket-proto of June 2026, every field. Generated modules are locked
to the version of protoc that wrote them; a table is not.
"""

from typing import Any, Final

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_SCALARS: Final = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "bool": FieldDescriptorProto.TYPE_BOOL,
}

_LEVEL: Final = "1 price string, 2 quantity string"
_BEST: Final = "1 bidPrice string, 2 bidQuantity string, 3 askPrice string, 4 askQuantity string"
_DEAL: Final = f"{_LEVEL}, 3 tradeType int32, 4 time int64"

_MESSAGES: Final = {
    "PublicDealsV3Api": "1 deals PublicDealsV3ApiItem*, 2 eventType string",
    "PublicDealsV3ApiItem": _DEAL,
    "PublicAggreDealsV3Api": "1 deals PublicAggreDealsV3ApiItem*, 2 eventType string",
    "PublicAggreDealsV3ApiItem": f"{_DEAL}, 5 tradeId string",
    "PublicIncreaseDepthsV3Api": """1 asks PublicIncreaseDepthV3ApiItem*,
        2 bids PublicIncreaseDepthV3ApiItem*, 3 eventType string, 4 version string""",
    "PublicIncreaseDepthV3ApiItem": _LEVEL,
    "PublicIncreaseDepthsBatchV3Api": "1 items PublicIncreaseDepthsV3Api*, 2 eventType string",
    "PublicLimitDepthsV3Api": """1 asks PublicLimitDepthV3ApiItem*,
        2 bids PublicLimitDepthV3ApiItem*, 3 eventType string, 4 version string,
        5 lastOrderCreateTime int64""",
    "PublicLimitDepthV3ApiItem": _LEVEL,
    "PublicAggreDepthsV3Api": """1 asks PublicAggreDepthV3ApiItem*,
        2 bids PublicAggreDepthV3ApiItem*, 3 eventType string, 4 fromVersion string,
        5 toVersion string, 6 lastOrderCreateTime int64""",
    "PublicAggreDepthV3ApiItem": _LEVEL,
    "PublicBookTickerV3Api": _BEST,
    "PublicAggreBookTickerV3Api": f"{_BEST}, 5 version string, 6 lastOrderCreateTime int64",
    "PublicBookTickerBatchV3Api": """1 items PublicBookTickerV3Api*, 2 version string,
        3 lastOrderCreateTime int64""",
    "PublicSpotKlineV3Api": """1 interval string, 2 windowStart int64, 3 openingPrice string,
        4 closingPrice string, 5 highestPrice string, 6 lowestPrice string, 7 volume string,
        8 amount string, 9 windowEnd int64""",
    "PublicMiniTickerV3Api": """1 symbol string, 2 price string, 3 rate string,
        4 zonedRate string, 5 high string, 6 low string, 7 volume string, 8 quantity string,
        9 lastCloseRate string, 10 lastCloseZonedRate string, 11 lastCloseHigh string,
        12 lastCloseLow string""",
    "PublicMiniTickersV3Api": "1 items PublicMiniTickerV3Api*",
    "PrivateAccountV3Api": """1 vcoinName string, 2 coinId string, 3 balanceAmount string,
        4 balanceAmountChange string, 5 frozenAmount string, 6 frozenAmountChange string,
        7 type string, 8 time int64""",
    "PrivateDealsV3Api": """1 price string, 2 quantity string, 3 amount string,
        4 tradeType int32, 5 isMaker bool, 6 isSelfTrade bool, 7 tradeId string,
        8 clientOrderId string, 9 orderId string, 10 feeAmount string, 11 feeCurrency string,
        12 time int64""",
    "PrivateOrdersV3Api": """1 id string, 2 clientId string, 3 price string, 4 quantity string,
        5 amount string, 6 avgPrice string, 7 orderType int32, 8 tradeType int32,
        9 isMaker bool, 10 remainAmount string, 11 remainQuantity string,
        12 lastDealQuantity string?, 13 cumulativeQuantity string, 14 cumulativeAmount string,
        15 status int32, 16 createTime int64, 17 market string?, 18 triggerType int32?,
        19 triggerPrice string?, 20 state int32?, 21 ocoId string?, 22 routeFactor string?,
        23 symbolId string?, 24 marketId string?, 25 marketCurrencyId string?,
        26 currencyId string?""",
    "PushDataV3ApiWrapper": """1 channel string, 3 symbol string?, 4 symbolId string?,
        5 createTime int64?, 6 sendTime int64?, 301 publicDeals PublicDealsV3Api|,
        302 publicIncreaseDepths PublicIncreaseDepthsV3Api|,
        303 publicLimitDepths PublicLimitDepthsV3Api|, 304 privateOrders PrivateOrdersV3Api|,
        305 publicBookTicker PublicBookTickerV3Api|, 306 privateDeals PrivateDealsV3Api|,
        307 privateAccount PrivateAccountV3Api|, 308 publicSpotKline PublicSpotKlineV3Api|,
        309 publicMiniTicker PublicMiniTickerV3Api|,
        310 publicMiniTickers PublicMiniTickersV3Api|,
        311 publicBookTickerBatch PublicBookTickerBatchV3Api|,
        312 publicIncreaseDepthsBatch PublicIncreaseDepthsBatchV3Api|,
        313 publicAggreDepths PublicAggreDepthsV3Api|,
        314 publicAggreDeals PublicAggreDealsV3Api|,
        315 publicAggreBookTicker PublicAggreBookTickerV3Api|""",
}
"""Fields as `number name type`; `*` repeated, `?` proto3 optional, `|` one of the bodies."""


def _add_field(message: DescriptorProto, number: str, name: str, kind: str) -> None:
    type_name = kind.rstrip("*?|")
    field = message.field.add(
        name=name, number=int(number), label=FieldDescriptorProto.LABEL_OPTIONAL
    )
    if type_name in _SCALARS:
        field.type = _SCALARS[type_name]
    else:
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{type_name}"
    if kind.endswith("*"):
        field.label = FieldDescriptorProto.LABEL_REPEATED
    elif kind.endswith("|"):
        field.oneof_index = 0
    elif kind.endswith("?"):
        field.proto3_optional = True


def _name_oneofs(message: DescriptorProto, fields: str) -> None:
    """A proto3 optional is a one-of with one member; those must stand behind real ones."""
    if "|" in fields:
        message.oneof_decl.add(name="body")
    for field in message.field:
        if field.proto3_optional:
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{field.name}")


def _build_pool() -> DescriptorPool:
    file = FileDescriptorProto(name="mexc_push_data_v3.proto", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in fields.split(","):
            _add_field(message, *field.split())
        _name_oneofs(message, fields)
    pool = DescriptorPool()
    pool.Add(file)
    return pool


MESSAGE_NAMES: Final = tuple(_MESSAGES)

PushDataV3ApiWrapper: Final[Any] = GetMessageClass(
    _build_pool().FindMessageTypeByName("PushDataV3ApiWrapper")
)
"""One binary frame is one of these. Its class is made at run time, so it carries no types."""
