"""How a run began, as its recording's first page; and back."""

from trading_agent import __version__
from trading_agent.adapters.storage.recording_format import RecordingManifest
from trading_agent.domain.documents import fact_from_text, to_text
from trading_agent.domain.errors import StorageError
from trading_agent.engine.account_image import AccountImage, image_from_text
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.engine.opening import Opening
from trading_agent.engine.settings_text import settings_to_text


def manifest_of(opening: Opening, settings: EngineSettings) -> RecordingManifest:
    """Before the core is opened, which changes what the image holds."""
    return RecordingManifest(
        venue=opening.venue,
        source=opening.source,
        simulated=opening.simulated,
        seed=opening.seed,
        settings_digest=opening.settings_digest,
        settings=settings_to_text(settings),
        version=opening.version,
        started_at=opening.at,
        history=tuple((type(fact).__name__, to_text(fact)) for fact in opening.history),
        instruments=opening.instruments,
        rearmed=opening.rearmed,
        image="" if opening.image is None else to_text(opening.image),
        folded=opening.folded,
    )


def opening_of(manifest: RecordingManifest) -> Opening:
    """Raises StorageError for what cannot be read, and for an image of another version."""
    return Opening(
        at=manifest.started_at,
        venue=manifest.venue,
        source=manifest.source,
        simulated=manifest.simulated,
        seed=manifest.seed,
        settings_digest=manifest.settings_digest,
        version=manifest.version,
        instruments=manifest.instruments,
        history=tuple(fact_from_text(kind, text) for kind, text in manifest.history),
        image=_image(manifest),
        folded=manifest.folded,
        rearmed=manifest.rearmed,
    )


def _image(manifest: RecordingManifest) -> AccountImage | None:
    """What another version adds up may mean something else to this one."""
    if not manifest.image:
        return None
    if manifest.version != __version__:
        raise StorageError(
            f"the recording begins with an image of the account that version {manifest.version} "
            f"made, and this is {__version__}: replay it with that one"
        )
    return image_from_text(manifest.image)
