"""Credentials for Google's client from a file that names its own token endpoint."""

from __future__ import annotations

import json
import pathlib
from typing import Union

from google.oauth2.credentials import Credentials


def authorized_user(path: Union[str, pathlib.Path]) -> Credentials:
    """google-auth's own credentials with all values of an authorized_user file.

    `Credentials.from_authorized_user_file` and `google.auth.load_credentials_from_file` read the same file, but
    replace its `token_uri` by Google's, so that they cannot be refreshed anywhere else.
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
