"""Credentials for Google's client with the token endpoint of the emulator."""

from __future__ import annotations

import json
import pathlib
from typing import Union

from google.oauth2.credentials import Credentials


def authorized_user(path: Union[str, pathlib.Path]) -> Credentials:
    """google-auth's credentials with the values of an authorized_user file.

    `Credentials.from_authorized_user_file` replaces its `token_uri` by Google's.
    """
    values = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    return Credentials(
        token=None,
        refresh_token=values["refresh_token"],
        token_uri=values["token_uri"],
        client_id=values["client_id"],
        client_secret=values["client_secret"],
        quota_project_id=values.get("quota_project_id"),
    )
