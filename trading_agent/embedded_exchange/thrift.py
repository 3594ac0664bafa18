"""Values in Thrift's compact protocol, of which the footers and headers of Parquet are made."""

import struct
from typing import Any, Final

_TRUE: Final = 1
_TRUTHS: Final = (_TRUE, 2)
_LONG_LIST: Final = 15
_STOP: Final = 0
_DOUBLE: Final = struct.Struct("<d")

Fields = dict[int, Any]
"""A struct's values by the number of their field."""


class CompactReader:
    """Raises IndexError, ValueError or struct.error for what is not such."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self.position = position

    def fields(self) -> Fields:
        found: Fields = {}
        number = 0
        while (head := self._byte()) != _STOP:
            step, kind = divmod(head, 16)
            number = number + step if step else self._integer()
            found[number] = self._value(kind)
        return found

    def _value(self, kind: int) -> Any:
        match kind:
            case 1 | 2:
                value: Any = kind == _TRUE
            case 3:
                value = self._byte()
            case 4 | 5 | 6:
                value = self._integer()
            case 7:
                (value,) = _DOUBLE.unpack(self.take(_DOUBLE.size))
            case 8:
                value = self.take(self.unsigned())
            case 9 | 10:
                value = self._list()
            case 12:
                value = self.fields()
            case _:
                raise ValueError(f"a value of kind {kind}")
        return value

    def _list(self) -> list[Any]:
        count, kind = divmod(self._byte(), 16)
        if count == _LONG_LIST:
            count = self.unsigned()
        if kind in _TRUTHS:
            return [self._byte() == _TRUE for _ in range(count)]
        return [self._value(kind) for _ in range(count)]

    def _integer(self) -> int:
        zigzag = self.unsigned()
        return (zigzag >> 1) ^ -(zigzag & 1)

    def unsigned(self) -> int:
        total, shift = 0, 0
        while True:
            byte = self._byte()
            total |= (byte & 0x7F) << shift
            if byte < 0x80:
                return total
            shift += 7

    def _byte(self) -> int:
        self.position += 1
        return self._data[self.position - 1]

    def take(self, count: int) -> bytes:
        self.position += count
        if self.position > len(self._data):
            raise IndexError("it breaks off")
        return self._data[self.position - count : self.position]
