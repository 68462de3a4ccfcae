#!/usr/bin/env python
"""Django's command line, with one clear line where a setting is wrong."""

import os
import sys

import server  # noqa: F401 - puts the source root requests/ on the path before Django starts
from server.env import SettingError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except SettingError as error:
        sys.exit(f"Setting: {error}")


if __name__ == "__main__":
    main()
