#!/usr/bin/env python
"""Management commands; `make manage do="COMMAND …"` runs them where `make run` does."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icp_portal.settings")
    execute_from_command_line(sys.argv)
