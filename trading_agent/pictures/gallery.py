"""From a wish to a picture: gathers what it shows, has it drawn, and keeps the newest."""

import threading
from collections import OrderedDict

from trading_agent.pictures.settings import PictureSettings
from trading_agent.pictures.studio import Studio
from trading_agent.runtime.picture_ports import PictureSource, PictureWish


class Gallery:
    """Any thread; a `PicturePort`. Only pictures of a fixed moment are kept: the present moves."""

    def __init__(self, source: PictureSource, studio: Studio, settings: PictureSettings) -> None:
        self._source = source
        self._studio = studio
        self._most = settings.kept
        self._guard = threading.Lock()  # guards _kept
        self._kept: OrderedDict[PictureWish, bytes] = OrderedDict()

    def draw(self, wish: PictureWish) -> bytes:
        """A PNG. CommandError: words for a person."""
        with self._guard:
            known = self._kept.get(wish)
        if known is not None:
            return known
        picture = self._studio.draw(self._source.gather(wish))
        if wish.until:
            self._keep(wish, picture)
        return picture

    def close(self) -> None:
        self._studio.close()

    def _keep(self, wish: PictureWish, picture: bytes) -> None:
        with self._guard:
            self._kept[wish] = picture
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
