"""What every room's settings have in common."""

from pydantic import BaseModel, ConfigDict


class SettingsSlice(BaseModel):
    """Frozen; unknown keys are errors; numbers must be numbers; docstrings are the help."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        validate_default=True,
    )
