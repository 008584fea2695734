"""One hand for all clocks: the database's, by which the portal judges what is due, and Python's beside it."""

from __future__ import annotations

from datetime import datetime

import psycopg
import time_machine
from django.db import connection

from tests import servers

# A function of the same name that is found before PostgreSQL's own.
PATH = "simulated,pg_catalog,public"
_MADE = """
DROP SCHEMA IF EXISTS simulated CASCADE;
CREATE SCHEMA simulated;
CREATE TABLE simulated.hand (at timestamptz NOT NULL);
INSERT INTO simulated.hand VALUES (now());
CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT at FROM simulated.hand';
GRANT USAGE ON SCHEMA simulated TO PUBLIC;
GRANT SELECT ON simulated.hand TO PUBLIC"""


class Clock:
    """`with Clock() as clock: clock.set(moment)`."""

    def __enter__(self) -> Clock:
        name = connection.settings_dict["NAME"]
        self._line = psycopg.connect(servers.url_of("TEST_SUPERUSER_URL", database=name), autocommit=True)
        self._line.execute(_MADE)
        self._traveller: time_machine.travel | None = None
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {PATH}")
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop()
        connection.close()
        self._line.execute("DROP SCHEMA simulated CASCADE")
        self._line.close()

    def set(self, moment: datetime) -> None:
        self._stop()
        self._line.execute("UPDATE simulated.hand SET at = %s", [moment])
        self._traveller = time_machine.travel(moment, tick=False)
        self._traveller.start()

    def _stop(self) -> None:
        if self._traveller is not None:
            self._traveller.stop()
            self._traveller = None
