"""The test database as migrations left it: kept once, put back after each test that really commits.

Django would flush every table, which append-only triggers refuse and which loses the rows that migrations seed.
"""

import sqlite3
from typing import Any

import psycopg
from django.db import connection


class Pristine:
    """A copy of the freshly migrated test database."""

    def __init__(self) -> None:
        """Take the copy."""
        connection.close()
        self.name = str(connection.settings_dict["NAME"])
        self.copy = f"{self.name}_pristine"
        if connection.vendor == "sqlite":
            self._copy_file(self.name, self.copy)
        else:
            self._administer(
                f'DROP DATABASE IF EXISTS "{self.copy}"', f'CREATE DATABASE "{self.copy}" TEMPLATE "{self.name}"'
            )

    def put_back(self) -> None:
        """Everything that was committed since is gone."""
        connection.close()
        if connection.vendor == "sqlite":
            self._copy_file(self.copy, self.name)
        else:
            self._administer(
                f'DROP DATABASE "{self.name}" WITH (FORCE)', f'CREATE DATABASE "{self.name}" TEMPLATE "{self.copy}"'
            )

    def remove(self) -> None:
        """Take the copy away; on SQLite it goes with the folder."""
        if connection.vendor == "postgresql":
            self._administer(f'DROP DATABASE "{self.copy}" WITH (FORCE)')

    @staticmethod
    def _copy_file(source: str, target: str) -> None:
        with sqlite3.connect(source, timeout=20) as here, sqlite3.connect(target, timeout=20) as there:
            here.backup(there)
        here.close()
        there.close()

    @staticmethod
    def _administer(*statements: Any) -> None:
        parameters = connection.get_connection_params() | {"dbname": "postgres"}
        keep = {key: parameters[key] for key in ("host", "port", "user", "password", "dbname") if key in parameters}
        with psycopg.connect(**keep, autocommit=True) as administrator:
            for statement in statements:
                administrator.execute(statement)
